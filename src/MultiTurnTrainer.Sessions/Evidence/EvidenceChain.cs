namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>
/// The byte form of evidence. A line is <c>{"hash":"H","entry":E}</c>: E is one JSON object on one line, and H the SHA-256, in 64 lower-case
/// hexadecimal digits, of the hash of the line before (32 bytes; for the first line those of <see cref="Begin"/>) and the bytes of E. The
/// last line is <c>{"seal":S}</c>, with the number of entries, the last hash and, where there is a key, its signature.
/// </summary>
internal static class EvidenceChain
{
    /// <summary>Bytes before an entry in its line.</summary>
    public const int HeadLength = 83;

    private const string Format = "mtt evidence 1";

    /// <summary>The hash before the first line: SHA-256 of <c>mtt evidence 1</c>.</summary>
    public static byte[] Begin { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Format));

    /// <summary>The hash of an entry that follows another.</summary>
    public static byte[] After(ReadOnlySpan<byte> before, ReadOnlySpan<byte> entry)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(entry);
        return hash.GetHashAndReset();
    }

    /// <summary>What stands before an entry in its line.</summary>
    public static byte[] Head(byte[] hash) =>
        Encoding.UTF8.GetBytes($"{{\"hash\":\"{Convert.ToHexStringLower(hash)}\",\"entry\":");

    /// <summary>The last line.</summary>
    /// <param name="entries">How many entries there are.</param>
    /// <param name="head">The hash of the last.</param>
    /// <param name="key">The public key, SubjectPublicKeyInfo in DER; null where nobody signs.</param>
    /// <param name="signature">ECDSA with SHA-256 over what <see cref="Signed"/> gives, in the form of IEEE P1363.</param>
    public static byte[] Seal(long entries, byte[] head, byte[]? key, byte[]? signature)
    {
        JsonFields seal = new() { ["entries"] = entries, ["head"] = Convert.ToHexStringLower(head) };
        if (key is not null && signature is not null)
        {
            seal["algorithm"] = "ECDSA-SHA256";
            seal["public_key"] = Convert.ToBase64String(key);
            seal["signature"] = Convert.ToBase64String(signature);
        }

        return Encoding.UTF8.GetBytes(JsonText.Line(new JsonFields { ["seal"] = seal }));
    }

    /// <summary>The bytes that are signed: how many entries there are, and the last hash.</summary>
    public static byte[] Signed(long entries, byte[] head) =>
        Encoding.UTF8.GetBytes(Invariant($"{Format}\n{entries}\n{Convert.ToHexStringLower(head)}"));
}
