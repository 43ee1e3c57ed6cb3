using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Serving.Tests.Faults;

/// <summary>
/// Clients that say one thing after the other, each in a session of its own, and say it again under the same key until they have
/// the answer; then the count: every turn that was answered is in its session once, in order, and nothing else is.
/// </summary>
internal sealed class SteadyLoad : IDisposable
{
    private const int Clients = 8;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly IReadOnlyList<string> _urls;
    private readonly string[] _sessions = new string[Clients];
    private readonly int[] _answered = new int[Clients];
    private readonly CancellationTokenSource _enough = new();
    private Task _running = Task.CompletedTask;
    private int _repeated;
    private string _lastProblem = "";

    public SteadyLoad(IReadOnlyList<string> urls) => _urls = urls;

    /// <summary>Turns that were answered so far.</summary>
    public int Answered => _answered.Sum();

    public async Task StartAsync()
    {
        for (int i = 0; i < Clients; i++)
        {
            _sessions[i] = (string)JsonNode.Parse(await PostAsync(_urls[0] + "/v1/sessions", "{}", null, null))!["id"]!;
        }

        _running = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => TalkAsync(client))));
    }

    /// <summary>Waits until some more turns were answered.</summary>
    public async Task AnswerAsync(int more)
    {
        int wanted = Answered + more;
        for (int i = 0; Answered < wanted; i++)
        {
            Assert.True(i < 2400, $"{Answered} of {wanted} turns were answered in two minutes; {_lastProblem}");
            await Task.Delay(50);
        }
    }

    /// <summary>Ends, and counts what the store holds.</summary>
    public async Task<string> CountAsync()
    {
        await _enough.CancelAsync();
        await Task.WhenAny(_running, Task.Delay(TimeSpan.FromMinutes(1)));
        Assert.True(_running.IsCompleted, $"a turn was not answered within a minute; {_lastProblem}");
        await _running;
        for (int client = 0; client < Clients; client++)
        {
            JsonNode session = JsonNode.Parse(
                await _http.GetStringAsync($"{_urls[^1]}/v1/sessions/{_sessions[client]}")
            )!;
            string[] said = [.. session["messages"]!.AsArray().Select(message => (string)message!["content"]!)];
            Assert.Equal(
                Enumerable
                    .Range(0, _answered[client])
                    .SelectMany(turn => (string[])[Text(client, turn), "re: " + Text(client, turn)]),
                said
            );
            Assert.All(
                session["turns"]!.AsArray(),
                turn => Assert.Contains((string)turn!["status"]!, (string[])["committed", "interrupted"])
            );
        }

        return $"{Answered} turns in {Clients} sessions, each there once; {_repeated} requests were made again";
    }

    public void Dispose()
    {
        _enough.Dispose();
        _http.Dispose();
    }

    private static string Text(int client, int turn) => $"client {client} turn {turn}";

    private async Task TalkAsync(int client)
    {
        for (int turn = 0; !_enough.IsCancellationRequested; turn++)
        {
            string said = Text(client, turn);
            for (int attempt = 0; ; attempt++)
            {
                string url = _urls[(client + attempt) % _urls.Count] + "/v1/chat/completions";
                if (await TrySayAsync(url, client, said))
                {
                    break;
                }

                Interlocked.Increment(ref _repeated);
                await Task.Delay(50);
            }

            _answered[client]++;
        }
    }

    private async Task<bool> TrySayAsync(string url, int client, string said)
    {
        string body = JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = said } } });
        try
        {
            JsonNode answer = JsonNode.Parse(await PostAsync(url, body, _sessions[client], said))!;
            Assert.Equal("re: " + said, (string?)answer["choices"]![0]!["message"]!["content"]);
            return true;
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or IOException)
        {
            _lastProblem = problem.Message;
            return false;
        }
    }

    private async Task<string> PostAsync(string url, string json, string? session, string? key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, url)
        {
            Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        if (session is not null)
        {
            request.Headers.Add("mtt-session", session);
            request.Headers.Add("Idempotency-Key", key);
        }

        using HttpResponseMessage response = await _http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? text : throw new HttpRequestException(text);
    }
}
