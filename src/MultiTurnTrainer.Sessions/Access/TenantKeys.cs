namespace MultiTurnTrainer.Sessions.Access;

/// <summary>
/// The API keys of tenants. Only SHA-256 of each is known: a key has 256 random bits, so that its hash cannot be searched
/// backwards and needs no salt.
/// </summary>
public sealed class TenantKeys
{
    private const string Prefix = "mtt-";
    private readonly (byte[] Hash, string Tenant)[] _keys;

    /// <summary>Takes over the hashes.</summary>
    /// <param name="keys">By tenant, the hashes of its keys, 64 hexadecimal digits each.</param>
    /// <exception cref="MttException">A text is no hash, or two tenants have the same.</exception>
    public TenantKeys(IReadOnlyDictionary<string, IReadOnlyList<string>> keys)
    {
        _keys = [.. keys.SelectMany(tenant => tenant.Value.Select(hash => (Parse(tenant.Key, hash), tenant.Key)))];
        if (_keys.Select(key => Convert.ToHexString(key.Hash)).Distinct(StringComparer.Ordinal).Count() < _keys.Length)
        {
            throw new MttException(
                "sessions.keys: the same hash stands there twice",
                "Give every tenant keys of its own: mtt sessions key."
            );
        }
    }

    /// <summary>Whether there are none: then everybody on this machine is the one tenant.</summary>
    public bool IsEmpty => _keys.Length == 0;

    /// <summary>The tenant that a presented key belongs to, or null. Takes the same time for every key.</summary>
    public string? Find(string presented)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), hash);
        string? found = null;
        foreach ((byte[] known, string tenant) in _keys)
        {
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? tenant : found;
        }

        return found;
    }

    /// <summary>A new key and its hash. The key is shown once and kept nowhere.</summary>
    public static (string Key, string Hash) New()
    {
        string key = Prefix + SessionIds.New();
        return (key, ContentHash.Of(Encoding.UTF8.GetBytes(key)));
    }

    private static byte[] Parse(string tenant, string hash) =>
        hash.Length == 2 * SHA256.HashSizeInBytes && hash.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(hash)
            : throw new MttException(
                Printable.Of($"sessions.keys.{tenant}: is not the SHA-256 of a key, 64 hexadecimal digits"),
                "mtt sessions key makes a key and prints its hash. The key itself belongs into no file."
            );
}
