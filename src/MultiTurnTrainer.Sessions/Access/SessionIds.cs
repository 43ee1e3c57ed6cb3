// Folder Access: who may ask for a session: ids nobody guesses, keys of tenants.
// Refuses to know: what a session holds.
namespace MultiTurnTrainer.Sessions.Access;

/// <summary>Ids of sessions, turns and keys: 256 random bits as 64 hexadecimal digits, so that none looks like an option.</summary>
public static class SessionIds
{
    private const int Bytes = 32;

    /// <summary>A new id.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(2 * Bytes, lowercase: true);

    /// <summary>The id of the first turn under an idempotency key. Nobody who does not know the session guesses it.</summary>
    public static string OfKey(string session, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{session}\n{key}")));

    /// <summary>Whether a text can be an id: nothing else reaches a store or a file name.</summary>
    public static bool IsValid(string? text) => text is { Length: 2 * Bytes } && text.All(char.IsAsciiHexDigitLower);
}
