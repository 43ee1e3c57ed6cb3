using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving;

/// <summary>Speaks in one session of a running server, as any other client does.</summary>
public sealed class SessionClient : IDisposable
{
    private readonly HttpClient _http;

    private SessionClient(HttpClient http, string session) => (_http, Session) = (http, session);

    /// <summary>The session's id.</summary>
    public string Session { get; }

    /// <summary>Opens a session.</summary>
    /// <param name="server">The server.</param>
    /// <param name="session">Its id; null begins one.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">There is no such session.</exception>
    public static async Task<SessionClient> OpenAsync(
        ChatServer server,
        string? session,
        CancellationToken cancellation
    )
    {
        HttpClient http = new() { BaseAddress = new Uri(server.Url), Timeout = Timeout.InfiniteTimeSpan };
        using HttpResponseMessage response = session is null
            ? await http.PostAsync("/v1/sessions", null, cancellation).ConfigureAwait(false)
            : await http.GetAsync($"/v1/sessions/{Uri.EscapeDataString(session)}", cancellation).ConfigureAwait(false);
        JsonNode body = await ReadAsync(response, cancellation).ConfigureAwait(false);
        return new SessionClient(http, (string)body["id"]!);
    }

    /// <summary>Says something.</summary>
    /// <returns>The answer, piece by piece.</returns>
    /// <exception cref="MttException">There is no answer, or it broke off.</exception>
    public async IAsyncEnumerable<string> SayAsync(string text, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JsonObject body = new()
        {
            ["stream"] = true,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }),
        };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(body.ToJsonString(JsonText.Compact), Encoding.UTF8, "application/json"),
        };
        request.Headers.Add(ContextHeaders.Session, Session);
        using HttpResponseMessage response = await _http
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation)
            .ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            await ReadAsync(response, cancellation).ConfigureAwait(false);
        }

        Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        AnswerBuilder answer = new();
        await foreach (
            SseItem<string> item in SseParser.Create(stream).EnumerateAsync(cancellation).ConfigureAwait(false)
        )
        {
            if (item.Data == "[DONE]")
            {
                yield break;
            }

            JsonObject chunk = JsonNode.Parse(item.Data)!.AsObject();
            Check(chunk);
            int before = answer.Text.Length;
            answer.Add(chunk);
            yield return answer.Text[before..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        JsonObject body = JsonNode
            .Parse(await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false))!
            .AsObject();
        Check(body);
        return body;
    }

    private static void Check(JsonObject body)
    {
        if (body["error"] is JsonObject error)
        {
            throw new MttException((string)error["message"]!, $"The server's code for it: {error["code"]}.");
        }
    }
}
