// Folder SessionApi: sessions over HTTP, and chat completions in one.
// Refuses to know: how an answer is made, how events are kept.
using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary>What the headers and the metadata of a request say of a session.</summary>
internal static class SessionRequest
{
    private const int MostKeyCharacters = 256;
    private const string Metadata = "session_id";

    /// <summary>The session that a chat names; null for none.</summary>
    public static string? SessionOf(HttpContext http, ChatBody body) =>
        Header(http, ContextHeaders.Session) ?? body.Metadata?.Get(Metadata) as string;

    /// <summary>A turn as a request asks for it.</summary>
    public static TurnOrder OrderOf(HttpContext http, string session, ChatBody body) =>
        new(new SessionKey(Tenants.Of(http), session), body)
        {
            Key = Header(http, ContextHeaders.IdempotencyKey),
            ExpectedVersion = Version(http),
            Participant = Header(http, ContextHeaders.Participant) ?? body.Messages[^1].Get("name") as string,
        };

    /// <summary>An id of the path. What can be none is answered without asking the store.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static string Id(HttpContext http, string name = "session")
    {
        string id = http.Request.RouteValues[name] as string ?? "";
        return SessionIds.IsValid(id) ? id : throw ApiException.NotFound(name);
    }

    /// <summary>An id that a body or header names.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static string Checked(string id) => SessionIds.IsValid(id) ? id : throw ApiException.NotFound("session");

    private static long? Version(HttpContext http) =>
        Header(http, ContextHeaders.Version) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long version) ? version
        : throw ApiException.Invalid(ContextHeaders.Version, "must be a number");

    private static string? Header(HttpContext http, string name) =>
        http.Request.Headers[name].ToString() switch
        {
            "" => null,
            { Length: > MostKeyCharacters } => throw ApiException.Invalid(
                name,
                Invariant($"has more than {MostKeyCharacters} characters")
            ),
            var text => text,
        };
}
