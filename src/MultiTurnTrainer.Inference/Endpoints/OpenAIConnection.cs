using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// One OpenAI-compatible server through the official client: its pipeline, transport and authentication. Every failure
/// comes out as an <see cref="EndpointException"/> whose text holds no key.
/// </summary>
internal sealed class OpenAIConnection : IDisposable
{
    private readonly HttpClient _http;
    private readonly OpenAIClientOptions _options;
    private readonly ApiKeyCredential _credential;
    private readonly ClientPipeline _pipeline;

    /// <summary>Prepares a connection; nothing is sent.</summary>
    /// <exception cref="MttException">The address is not valid, holds a secret, or the official server's key is not set.</exception>
    public OpenAIConnection(
        string name,
        EndpointSettings settings,
        Secrets secrets,
        Func<string, string?> environment,
        TimeProvider time
    )
    {
        Address = ParseAddress(name, settings.BaseUrl);
        string? key = secrets.Read(settings.ApiKeyEnv, environment);
        if (key is null && IsOfficial)
        {
            throw new MttException(
                $"endpoint {name}: the environment variable {settings.ApiKeyEnv} is not set",
                $"export {settings.ApiKeyEnv}=…, or name another variable with api_key_env."
            );
        }

        Secrets = secrets;
        Time = time;
        SocketsHttpHandler sockets = new()
        {
            ConnectTimeout = TimeSpan.FromSeconds(Math.Min(30, settings.TimeoutSeconds)),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AutomaticDecompression = DecompressionMethods.All,
            // The key goes to its own address only, and no server leads into the network behind this machine.
            AllowAutoRedirect = false,
            // In KiB.
            MaxResponseHeadersLength = 64,
            UseCookies = false,
        };
        _http = new HttpClient(new BoundedBodies(sockets, settings.MaxReplyBytes))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _credential = new ApiKeyCredential(key ?? "none");
        _options = new OpenAIClientOptions
        {
            Endpoint = Address,
            Transport = new HttpClientPipelineTransport(_http),
            // Retries and time-outs are Polly's, over all endpoints.
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            UserAgentApplicationId = "mtt",
        };
        _pipeline = new OpenAIClient(_credential, _options).Pipeline;
    }

    /// <summary>The base URL.</summary>
    public Uri Address { get; }

    /// <summary>Whether it is OpenAI's own server, which wants a key and newer field names.</summary>
    public bool IsOfficial => Address.Host.Equals("api.openai.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>The keys that no text may hold.</summary>
    public Secrets Secrets { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The official client of one model.</summary>
    public ChatClient Chat(string model) => new(model, _credential, _options);

    /// <summary>Posts JSON to a path that the official client has no method for.</summary>
    /// <param name="path">Below the base URL, such as <c>completions</c>.</param>
    /// <param name="body">The JSON.</param>
    /// <param name="read">Reads the body of a reply with status 2xx.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EndpointException">Anything else.</exception>
    public Task<T> PostAsync<T>(string path, byte[] body, Func<BinaryData, T> read, CancellationToken cancellation) =>
        GuardAsync(
            async () =>
            {
                using PipelineMessage message = CreatePost(path, body, buffer: true, cancellation);
                await _pipeline.SendAsync(message).ConfigureAwait(false);
                PipelineResponse response = message.Response!;
                return response.Status is >= 200 and <= 299
                    ? read(response.Content)
                    : throw OpenAIFaults.FromStatus(response, Time, Secrets);
            },
            cancellation
        );

    /// <summary>Posts JSON and gives the reply's body as it comes.</summary>
    /// <returns>A reply with status 2xx, to be disposed of.</returns>
    /// <exception cref="EndpointException">Anything else.</exception>
    public Task<PipelineResponse> OpenAsync(string path, byte[] body, CancellationToken cancellation) =>
        GuardAsync(
            async () =>
            {
                using PipelineMessage message = CreatePost(path, body, buffer: false, cancellation);
                await _pipeline.SendAsync(message).ConfigureAwait(false);
                PipelineResponse response = message.ExtractResponse()!;
                if (response.Status is >= 200 and <= 299)
                {
                    return response;
                }

                using (response)
                {
                    await response.BufferContentAsync(cancellation).ConfigureAwait(false);
                    throw OpenAIFaults.FromStatus(response, Time, Secrets);
                }
            },
            cancellation
        );

    /// <summary>Runs an attempt; whatever the network does comes out as an <see cref="EndpointException"/>.</summary>
    public async Task<T> GuardAsync<T>(Func<Task<T>> attempt, CancellationToken cancellation)
    {
        try
        {
            return await attempt().ConfigureAwait(false);
        }
        catch (EndpointException)
        {
            throw;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception problem)
            when (problem
                    is ClientResultException
                        or HttpRequestException
                        or IOException
                        or OperationCanceledException
                        or AggregateException
            )
        {
            throw new EndpointException(
                EndpointFault.Transient,
                Secrets.Redact($"no whole answer: {Innermost(problem).Message}"),
                problem
            );
        }
        catch (Exception problem) when (problem is JsonException or FormatException)
        {
            throw new EndpointException(EndpointFault.Transient, "the answer is not valid JSON", problem);
        }
        catch (Exception problem) when (IsUndecodable(problem))
        {
            throw new EndpointException(
                EndpointFault.Transient,
                Secrets.Redact($"the answer cannot be decoded: {problem.Message}"),
                problem
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private PipelineMessage CreatePost(string path, byte[] body, bool buffer, CancellationToken cancellation)
    {
        PipelineMessage message = _pipeline.CreateMessage();
        message.Request.Method = "POST";
        message.Request.Uri = new Uri($"{Address.AbsoluteUri.TrimEnd('/')}/{path}");
        message.Request.Headers.Set("Content-Type", "application/json");
        message.Request.Content = BinaryContent.Create(BinaryData.FromBytes(body));
        message.Apply(
            new RequestOptions
            {
                CancellationToken = cancellation,
                ErrorOptions = ClientErrorBehaviors.NoThrow,
                BufferResponse = buffer,
            }
        );
        return message;
    }

    // Half of a surrogate pair, damaged compression, invalid numbers and names.
    private static bool IsUndecodable(Exception problem) =>
        problem
            is InvalidDataException
                or InvalidOperationException
                or FormatException
                or ArgumentException
                or OverflowException
                or NotSupportedException
                or KeyNotFoundException;

    private static Uri ParseAddress(string name, string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
        {
            throw new MttException(
                $"endpoint {name}: the base URL is not an http address",
                "Write it as in base_url: http://localhost:8000/v1"
            );
        }

        // A key in the address would end up in traces and errors.
        return address.UserInfo.Length == 0 && address.Query.Length == 0
            ? address
            : throw new MttException(
                $"endpoint {name}: the base URL holds a user name, password or query",
                "Keys come from the environment only: name the variable with api_key_env."
            );
    }

    private static Exception Innermost(Exception problem)
    {
        while (problem.InnerException is { } inner)
        {
            problem = inner;
        }

        return problem;
    }
}
