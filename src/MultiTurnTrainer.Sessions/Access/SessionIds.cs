// Folder Access: who may ask for a session: ids nobody guesses, keys of tenants.
// Refuses to know: what a session holds.
namespace MultiTurnTrainer.Sessions.Access;

/// <summary>Ids of sessions, turns and keys: 256 random bits as base64url, 43 characters.</summary>
public static class SessionIds
{
    private const int Bytes = 32;
    private const int Characters = 43;

    /// <summary>A new id.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Whether a text can be an id: nothing else reaches a store or a file name.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: Characters } && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
