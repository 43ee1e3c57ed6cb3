// Folder Completions: servers that continue token ids and take adapters.
// Refuses to know: training, templates.
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Completions;

/// <summary>
/// A server that continues token ids, and that can be given other LoRA weights while it runs: vLLM's
/// <c>/v1/load_lora_adapter</c>, which <c>VLLM_ALLOW_RUNTIME_LORA_UPDATING=True</c> switches on. Each version of the
/// weights has a name of its own, from their content, so that no reply can come from stale ones.
/// </summary>
public sealed class CompletionServer : IDisposable
{
    private const string Remedy =
        "See to the server, then run the same command again; mtt train goes on with --resume.";

    private readonly OpenAIConnection _connection;
    private readonly EndpointSettings _endpoint;
    private readonly ResiliencePipeline _pipeline;
    private readonly string _base;
    private string? _adapter;

    /// <summary>Prepares a connection; nothing is sent.</summary>
    /// <param name="endpoint">Where the server is.</param>
    /// <param name="retry">What to do when it fails.</param>
    /// <param name="model">The base model's name where the endpoint's settings give none.</param>
    /// <param name="environment">Reads environment variables: the only source of keys.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="MttException">The address is not valid, or holds a secret.</exception>
    public CompletionServer(
        EndpointSettings endpoint,
        RetrySettings retry,
        string model,
        Func<string, string?> environment,
        TimeProvider time
    )
    {
        _endpoint = endpoint;
        _base = endpoint.Model ?? model;
        _connection = new OpenAIConnection("completions", endpoint, new Secrets(), environment, time);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddRetry(Retries(retry))
            .AddTimeout(TimeSpan.FromSeconds(endpoint.TimeoutSeconds))
            .Build();
    }

    /// <summary>One more than the largest id that a reply may hold: the vocabulary's.</summary>
    public int IdLimit { get; init; } = int.MaxValue;

    /// <summary>The model that answers: the base, or the adapter that was loaded last.</summary>
    public string Model => _adapter ?? _base;

    /// <summary>Has the server answer with an adapter, and forget the one before.</summary>
    /// <param name="folder">PEFT's layout, at a path that the server sees too; null for the base alone.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">The server cannot, or is not there.</exception>
    public async Task UseAsync(string? folder, CancellationToken cancellation)
    {
        string? name = folder is null ? null : AdapterName(folder);
        if (name == _adapter)
        {
            return;
        }

        if (name is not null)
        {
            JsonObject body = new() { ["lora_name"] = name, ["lora_path"] = Path.GetFullPath(folder!) };
            await PostAsync("load_lora_adapter", body, cancellation).ConfigureAwait(false);
        }

        string? before = _adapter;
        _adapter = name;
        if (before is not null)
        {
            await PostAsync("unload_lora_adapter", new JsonObject { ["lora_name"] = before }, cancellation)
                .ConfigureAwait(false);
        }
    }

    /// <summary>One continuation a request, in order.</summary>
    /// <param name="requests">What to continue.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">A request failed for good.</exception>
    public async Task<IReadOnlyList<CompletionReply>> CompleteAsync(
        IReadOnlyList<CompletionRequest> requests,
        CancellationToken cancellation
    )
    {
        CompletionReply[] replies = new CompletionReply[requests.Count];
        ParallelOptions options = new()
        {
            MaxDegreeOfParallelism = _endpoint.MaxConcurrency,
            CancellationToken = cancellation,
        };
        await Parallel
            .ForAsync(
                0,
                requests.Count,
                options,
                async (i, token) =>
                {
                    byte[] json = CompletionJson.Write(Model, requests[i]);
                    replies[i] = await SendAsync(
                            "completions",
                            json,
                            body => CompletionJson.Read(body.ToMemory(), requests[i], IdLimit),
                            token
                        )
                        .ConfigureAwait(false);
                }
            )
            .ConfigureAwait(false);
        return replies;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private string Address(string path) => $"{_connection.Address.AbsoluteUri.TrimEnd('/')}/{path}";

    private static string AdapterName(string folder) =>
        $"mtt-{ContentHash.OfFile(Path.Combine(folder, "adapter_model.safetensors"))[..12]}";

    private async Task PostAsync(string path, JsonObject body, CancellationToken cancellation)
    {
        try
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, JsonText.Compact);
            await SendAsync(path, json, static body => body, cancellation).ConfigureAwait(false);
        }
        catch (MttException problem)
            when (problem.InnerException is EndpointException fault && IsSoAlready(path, fault))
        {
            // A name stands for its content: weights that an earlier run loaded are the same ones, and those that a
            // restarted server has forgotten need no unloading.
        }
    }

    private static bool IsSoAlready(string path, EndpointException fault) =>
        path == "unload_lora_adapter"
            ? fault.Status is 400 or 404
            : fault.Status == 400 && fault.Message.Contains("already", StringComparison.OrdinalIgnoreCase);

    // A reply that cannot be read is asked for again, as one that does not come.
    private async Task<T> SendAsync<T>(
        string path,
        byte[] body,
        Func<BinaryData, T> read,
        CancellationToken cancellation
    )
    {
        try
        {
            return await _pipeline
                .ExecuteAsync(
                    async token => await _connection.PostAsync(path, body, read, token).ConfigureAwait(false),
                    cancellation
                )
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is EndpointException or TimeoutRejectedException)
        {
            bool lora = path != "completions" && problem is EndpointException { Status: 404 };
            throw new MttException(
                $"{Address(path)}: {problem.Message}",
                lora ? "Start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True." : Remedy,
                problem
            );
        }
    }

    private static RetryStrategyOptions Retries(RetrySettings retry) =>
        new()
        {
            MaxRetryAttempts = Math.Max(1, retry.MaxRetries),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromSeconds(retry.DelaySeconds),
            MaxDelay = TimeSpan.FromSeconds(retry.MaxDelaySeconds),
            ShouldHandle = arguments =>
                ValueTask.FromResult(
                    retry.MaxRetries > 0
                        && arguments.Outcome.Exception
                            is TimeoutRejectedException
                                or EndpointException { MayPass: true }
                ),
            DelayGenerator = arguments =>
                ValueTask.FromResult((arguments.Outcome.Exception as EndpointException)?.RetryAfter),
        };
}
