using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Synthesis.Settings;
using OpenAI;
using OpenAI.Chat;

namespace MultiTurnTrainer.Synthesis.Endpoints;

/// <summary>
/// One attempt at an OpenAI-compatible server, through the official client's protocol methods: its pipeline, transport
/// and authentication, with request and reply as JSON of our own, because compatible servers differ in fields that the
/// typed methods insist on (finish reasons, missing usage, the name of the token limit).
/// </summary>
internal sealed class OpenAIChatModel : IChatModel, IDisposable
{
    private readonly EndpointSettings _settings;
    private readonly Secrets _secrets;
    private readonly OpenAIRequestBody _body;
    private readonly HttpClient _http;
    private readonly OpenAIClientOptions _options;
    private readonly ApiKeyCredential _credential;
    private readonly TimeProvider _time;

    public OpenAIChatModel(
        string name,
        EndpointSettings settings,
        Secrets secrets,
        Func<string, string?> environment,
        TimeProvider time
    )
    {
        Uri address = ParseAddress(name, settings.BaseUrl);
        bool official = address.Host.Equals("api.openai.com", StringComparison.OrdinalIgnoreCase);
        string? key = secrets.Read(settings.ApiKeyEnv, environment);
        if (key is null && official)
        {
            throw new MttException(
                $"endpoint {name}: the environment variable {settings.ApiKeyEnv} is not set",
                $"export {settings.ApiKeyEnv}=…, or name another variable with api_key_env."
            );
        }

        _settings = settings;
        _secrets = secrets;
        _time = time;
        _body = new OpenAIRequestBody(
            settings,
            settings.MaxTokensField ?? (official ? "max_completion_tokens" : "max_tokens")
        );
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(Math.Min(30, settings.TimeoutSeconds)),
                PooledConnectionLifetime = TimeSpan.FromMinutes(10),
                AutomaticDecompression = DecompressionMethods.All,
                AllowAutoRedirect = false,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _credential = new ApiKeyCredential(key ?? "none");
        _options = new OpenAIClientOptions
        {
            Endpoint = address,
            Transport = new HttpClientPipelineTransport(_http),
            // Retries and time-outs are Polly's, over all endpoints.
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            UserAgentApplicationId = "mtt",
        };
    }

    public async Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation)
    {
        try
        {
            return await SendAsync(request, cancellation).ConfigureAwait(false);
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
                _secrets.Redact($"no whole answer: {Innermost(problem).Message}"),
                problem
            );
        }
        catch (JsonException problem)
        {
            throw new EndpointException(EndpointFault.Transient, "the answer is not valid JSON", problem);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ChatReply> SendAsync(ChatRequest request, CancellationToken cancellation)
    {
        string model = _settings.Model ?? request.Model;
        ChatClient client = new(model, _credential, _options);
        using BinaryContent content = BinaryContent.Create(BinaryData.FromBytes(_body.Write(request, model)));
        RequestOptions options = new()
        {
            CancellationToken = cancellation,
            ErrorOptions = ClientErrorBehaviors.NoThrow,
            BufferResponse = !_settings.Stream,
        };
        ClientResult result = await client.CompleteChatAsync(content, options).ConfigureAwait(false);
        using PipelineResponse response = result.GetRawResponse();
        if (response.Status is < 200 or > 299)
        {
            await response.BufferContentAsync(cancellation).ConfigureAwait(false);
            throw OpenAIFaults.FromStatus(response, _time, _secrets);
        }

        ChatReply reply = _settings.Stream
            ? await OpenAIReplyBody
                .ReadStreamAsync(
                    response.ContentStream!,
                    TimeSpan.FromSeconds(_settings.IdleTimeoutSeconds),
                    _time,
                    cancellation
                )
                .ConfigureAwait(false)
            : OpenAIReplyBody.Read(response.Content.ToMemory());
        reply = reply with
        {
            Text = _secrets.Redact(reply.Text),
            Refusal = reply.Refusal is null ? null : _secrets.Redact(reply.Refusal),
        };
        return reply.CompletionTokens > 0 || reply.PromptTokens > 0
            ? reply
            : reply with
            {
                PromptTokens = request.EstimatePromptTokens(),
                CompletionTokens = ChatRequest.EstimateTokens(reply.Text),
                Estimated = true,
            };
    }

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
