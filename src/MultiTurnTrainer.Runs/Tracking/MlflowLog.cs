// Folder Tracking: runs as other programs keep them.
// Refuses to know: how a run's numbers came about.
using MultiTurnTrainer.Runs.Tables;

namespace MultiTurnTrainer.Runs.Tracking;

/// <summary>
/// Sends runs to an MLflow server over its REST interface, version 2.0: an experiment, then for each run its settings, its numbers and
/// its losses by step. Only what tables show is sent; no file is.
/// </summary>
public sealed class MlflowLog : IDisposable
{
    // What the server takes in one request.
    private const int MostMetrics = 1000;
    private const int MostParameters = 100;
    private const int MostCharacters = 500;

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <param name="server">The server's address.</param>
    /// <param name="time">The clock of the runs' times.</param>
    /// <exception cref="MttException">It is no http address.</exception>
    public MlflowLog(string server, TimeProvider time)
    {
        if (
            !Uri.TryCreate(server.TrimEnd('/') + "/api/2.0/mlflow/", UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("http" or "https")
        )
        {
            throw new MttException($"{server}: is not an http address", "Such as http://localhost:5000.");
        }

        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("mtt", Manifest.ToolVersion));
        _time = time;
    }

    /// <summary>Sends runs.</summary>
    /// <param name="experiment">The experiment's name; it is made where there is none.</param>
    /// <param name="runs">The runs.</param>
    /// <param name="cancel">Ends it; runs that were sent stay.</param>
    /// <exception cref="MttException">The server cannot be reached, or refuses.</exception>
    public async Task SendAsync(string experiment, IReadOnlyList<RunFacts> runs, CancellationToken cancel)
    {
        string id = await ExperimentAsync(experiment, cancel).ConfigureAwait(false);
        foreach (RunFacts run in runs)
        {
            await SendAsync(id, run, cancel).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string> ExperimentAsync(string name, CancellationToken cancel)
    {
        JsonView? known = await AskAsync(
                HttpMethod.Get,
                $"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}",
                null,
                cancel
            )
            .ConfigureAwait(false);
        JsonView answer =
            known?.Get("experiment")
            ?? await PostAsync("experiments/create", new { name }, cancel).ConfigureAwait(false);
        return Text(answer, "experiment_id");
    }

    private async Task SendAsync(string experiment, RunFacts run, CancellationToken cancel)
    {
        JsonView made = await PostAsync(
                "runs/create",
                new
                {
                    experiment_id = experiment,
                    run_name = run.Name,
                    start_time = Now(),
                    tags = new[] { new { key = "mtt.state", value = run.State } },
                },
                cancel
            )
            .ConfigureAwait(false);
        string id = Text(made.Get("run")?.Get("info") ?? default, "run_id");
        foreach (object batch in Batches(id, run))
        {
            await PostAsync("runs/log-batch", batch, cancel).ConfigureAwait(false);
        }

        string status = run.IsFinished ? "FINISHED" : "FAILED";
        await PostAsync(
                "runs/update",
                new
                {
                    run_id = id,
                    status,
                    end_time = Now(),
                },
                cancel
            )
            .ConfigureAwait(false);
    }

    private IEnumerable<object> Batches(string id, RunFacts run)
    {
        IEnumerable<KeyValuePair<string, string>> settings = run.Settings;
        if (run.Seed is { } seed)
        {
            settings = settings.Append(new("train.seed", Invariant($"{seed}")));
        }

        if (run.Policy is { } policy)
        {
            settings = settings.Append(new("context_policy", policy));
        }

        foreach (KeyValuePair<string, string>[] some in settings.Chunk(MostParameters))
        {
            yield return new
            {
                run_id = id,
                @params = some.Select(pair => new
                {
                    key = pair.Key,
                    value = pair.Value[..Math.Min(pair.Value.Length, MostCharacters)],
                }),
            };
        }

        long now = Now();
        IEnumerable<(string Name, double Value, int Step)> numbers = run
            .Measures.Select(one => (one.Name, one.Value, Step: 0))
            .Concat(RunCurves.Of(run).Select(point => ($"{point.Curve}_by_step", point.Value, point.Step)));
        foreach ((string Name, double Value, int Step)[] some in numbers.Chunk(MostMetrics))
        {
            yield return new
            {
                run_id = id,
                metrics = some.Select(one => new
                {
                    key = Key(one.Name),
                    value = one.Value,
                    timestamp = now,
                    step = one.Step,
                }),
            };
        }
    }

    // Of names the server takes letters, digits, and these.
    private static string Key(string name) =>
        string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ' ' or '/' ? c : '_'));

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task<JsonView> PostAsync(string path, object body, CancellationToken cancel) =>
        await AskAsync(HttpMethod.Post, path, body, cancel).ConfigureAwait(false)
        ?? throw Refused(path, "there is no such thing");

    /// <summary>What the server answers; null where it has no such thing.</summary>
    private async Task<JsonView?> AskAsync(HttpMethod method, string path, object? body, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonText.PageBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancel).ConfigureAwait(false);
            byte[] said = await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }

            return answer.IsSuccessStatusCode
                ? JsonView.Parse(said)
                : throw Refused(path, $"{(int)answer.StatusCode} {Encoding.UTF8.GetString(said)}");
        }
        catch (Exception problem) when (problem is HttpRequestException or FormatException)
        {
            throw Refused(path, problem.Message);
        }
        catch (TaskCanceledException problem) when (!cancel.IsCancellationRequested)
        {
            throw Refused(path, problem.Message);
        }
    }

    private string Text(JsonView answer, string name) =>
        answer.GetString(name) ?? throw Refused(name, "the answer does not have it");

    private MttException Refused(string path, string why) =>
        new($"{_http.BaseAddress}{path}: {why}", "See whether an MLflow server is there; runs that were sent stay.");
}
