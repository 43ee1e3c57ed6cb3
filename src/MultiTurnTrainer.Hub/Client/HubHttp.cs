// Folder Client: what the hub is asked and how: names, settings, requests, answers that are no success.
// Refuses to know: what files are for, where they are kept.
namespace MultiTurnTrainer.Hub.Client;

/// <summary>
/// Requests to the hub. The token goes to the endpoint's own host alone; redirects are followed here, so that a storage host never
/// sees it, and lead nowhere inside this machine's network. What may pass by itself (lost connections, 408, 429, 5xx) is tried again.
/// </summary>
internal sealed class HubHttp : IDisposable
{
    private const int MostRedirects = 6;

    // What a hub says in JSON is small: the largest are lists of a repository's files.
    private const int MostJsonBytes = 32 << 20;
    private const int PatienceForJson = 6;
    private static readonly TimeSpan _longestWait = TimeSpan.FromMinutes(5);

    private readonly HttpClient _http;
    private readonly HubSettings _settings;
    private readonly Uri _endpoint;
    private readonly TimeProvider _time;

    public HubHttp(HubSettings settings, TimeProvider time)
    {
        _settings = settings;
        _endpoint = new Uri(settings.Endpoint + "/");
        _time = time;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = settings.Timeout,
            ConnectCallback = new GuardedConnections(_endpoint, settings.Network).ConnectAsync,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("mtt", Manifest.ToolVersion));
    }

    /// <summary>Whether a token is sent.</summary>
    public bool HasToken => _settings.Token is not null;

    /// <summary>An address below the endpoint.</summary>
    public Uri At(string path) => new(_endpoint, path);

    /// <summary>The JSON object that a GET answers.</summary>
    /// <exception cref="HubFault">There is no such thing, or no answer.</exception>
    public async Task<JsonView> GetJsonAsync(HubName name, string path, CancellationToken cancel)
    {
        using HttpResponseMessage answer = await SendAsync(
                () => new HttpRequestMessage(HttpMethod.Get, At(path)),
                name,
                cancel
            )
            .ConfigureAwait(false);
        return await ReadJsonAsync(answer, name, cancel).ConfigureAwait(false);
    }

    /// <summary>Sends, follows redirects, tries again where that may help, and refuses what is no success.</summary>
    /// <param name="create">Makes the request, anew for each try.</param>
    /// <param name="name">The repository that is asked about.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="stays">Whether a redirect to another host is itself the answer.</param>
    /// <param name="once">Whether it must not be sent twice.</param>
    /// <exception cref="HubFault">Every try failed.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> create,
        HubName name,
        CancellationToken cancel,
        bool stays = false,
        bool once = false
    )
    {
        int tries = once ? 1 : _settings.Tries;
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan wait = _settings.RetryDelay * (1 << (attempt - 1));
            try
            {
                HttpResponseMessage answer = await FollowAsync(create, stays, cancel).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode || (stays && IsRedirect(answer)))
                {
                    return answer;
                }

                using (answer)
                {
                    if (!MayPass(answer.StatusCode) || attempt == tries)
                    {
                        throw HubFault.Of(answer, name, _settings.Endpoint, HasToken);
                    }

                    wait = AskedFor(answer) ?? wait;
                }
            }
            catch (HttpRequestException problem) when (problem.InnerException is HubFault fault)
            {
                throw fault;
            }
            catch (Exception problem) when (IsLost(problem, cancel))
            {
                // A host that has no address now has none in some seconds: a machine without a network is told at once.
                if (attempt == tries || IsNowhere(problem))
                {
                    throw new HubFault(
                        $"{_settings.Endpoint}: no answer ({Reason(problem)})",
                        "Check the connection, or HF_ENDPOINT; with HF_HUB_OFFLINE=1 only the cache is used.",
                        cacheWillDo: true,
                        problem
                    );
                }
            }

            await Task.Delay(wait < _longestWait ? wait : _longestWait, _time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a failure is a connection's, not the user's wish to stop.</summary>
    public static bool IsLost(Exception problem, CancellationToken cancel) =>
        !cancel.IsCancellationRequested && problem is HttpRequestException or IOException or OperationCanceledException;

    /// <summary>The JSON object of an answer; an empty one where it says nothing.</summary>
    /// <exception cref="HubFault">It is no JSON object, too long, or does not arrive.</exception>
    public async Task<JsonView> ReadJsonAsync(HttpResponseMessage answer, HubName name, CancellationToken cancel)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_settings.Timeout * PatienceForJson);
        try
        {
            await answer.Content.LoadIntoBufferAsync(MostJsonBytes, limit.Token).ConfigureAwait(false);
            byte[] bytes = await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            JsonView json = JsonView.Parse(bytes.Length == 0 ? "{}"u8 : bytes);
            return json.Kind == JsonKind.Object ? json : throw new FormatException("it is no object");
        }
        catch (Exception problem) when (problem is FormatException || IsLost(problem, cancel))
        {
            throw Unreadable(name, problem);
        }
    }

    /// <summary>What to say of an answer that is not what the hub's protocol has there.</summary>
    public static HubFault Unreadable(HubName name, Exception problem) =>
        new(
            $"{name}: the hub's answer cannot be read ({problem.Message})",
            "Check HF_ENDPOINT, or try again later.",
            cacheWillDo: true,
            problem
        );

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> FollowAsync(
        Func<HttpRequestMessage> create,
        bool stays,
        CancellationToken cancel
    )
    {
        Uri? next = null;
        for (int i = 0; i < MostRedirects; i++)
        {
            using HttpRequestMessage request = create();
            request.RequestUri = next ?? request.RequestUri!;
            if (IsOwn(request.RequestUri) && _settings.Token is { } token)
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            HttpResponseMessage answer = await SendOnceAsync(request, cancel).ConfigureAwait(false);
            if (!IsRedirect(answer))
            {
                return answer;
            }

            next = new Uri(request.RequestUri, answer.Headers.Location!);
            if (next.Scheme is not ("http" or "https"))
            {
                answer.Dispose();
                throw new HubFault(
                    $"{_endpoint.Host}: the hub leads to an address of {next.Scheme}",
                    "Check HF_ENDPOINT; do not use this repository.",
                    cacheWillDo: true
                );
            }

            if (stays && !IsOwn(next))
            {
                return answer;
            }

            answer.Dispose();
        }

        throw new HttpRequestException($"more than {MostRedirects} redirects");
    }

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(request.Content is null ? _settings.Timeout : Timeout.InfiniteTimeSpan);
        return await _http
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token)
            .ConfigureAwait(false);
    }

    private bool IsOwn(Uri address) => address.Scheme == _endpoint.Scheme && address.Authority == _endpoint.Authority;

    private static bool IsRedirect(HttpResponseMessage answer) =>
        (int)answer.StatusCode is 301 or 302 or 303 or 307 or 308 && answer.Headers.Location is not null;

    private static bool MayPass(HttpStatusCode status) => (int)status is 408 or 429 or 500 or 502 or 503 or 504;

    private static bool IsNowhere(Exception problem) =>
        problem.InnerException
            is SocketException
            {
                SocketErrorCode: SocketError.HostNotFound
                    or SocketError.TryAgain
                    or SocketError.NoData
                    or SocketError.NetworkUnreachable
            };

    // "Retry-After: 5", or the hub's own 'RateLimit: "api";r=0;t=55'.
    private static TimeSpan? AskedFor(HttpResponseMessage answer)
    {
        if (answer.Headers.RetryAfter?.Delta is { } delta)
        {
            return delta;
        }

        Match limit = Regex.Match(HubFault.Header(answer, "RateLimit") ?? "", @"\bt=(\d{1,6})");
        return limit.Success
            ? TimeSpan.FromSeconds(int.Parse(limit.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            : null;
    }

    private static string Reason(Exception problem) =>
        problem is OperationCanceledException ? "it took too long" : problem.Message;
}
