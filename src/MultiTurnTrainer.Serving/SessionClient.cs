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
        JsonView body = await ReadAsync(response, cancellation).ConfigureAwait(false);
        return new SessionClient(http, body.GetProperty("id").GetString()!);
    }

    /// <summary>Says something.</summary>
    /// <returns>The answer, piece by piece.</returns>
    /// <exception cref="MttException">There is no answer, or it broke off.</exception>
    public async IAsyncEnumerable<string> SayAsync(string text, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JsonFields body = new()
        {
            ["stream"] = true,
            ["messages"] = new List<object?>
            {
                new JsonFields { ["role"] = "user", ["content"] = text },
            },
        };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(JsonText.Line(body), Encoding.UTF8, "application/json"),
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

            JsonView chunk = JsonView.Parse(item.Data);
            Check(chunk);
            int before = answer.Text.Length;
            answer.Add((JsonFields)JsonTree.Of(chunk)!);
            yield return answer.Text[before..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static async Task<JsonView> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        JsonView body = JsonView.Parse(await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
        Check(body);
        return body;
    }

    private static void Check(JsonView body)
    {
        if (body.Get("error") is { Kind: JsonKind.Object } error)
        {
            throw new MttException($"{error.Get("message")}", $"The server's code for it: {error.Get("code")}.");
        }
    }
}
