namespace MultiTurnTrainer.Serving.Http;

/// <summary>
/// Turns away what a web page may have sent behind its reader's back: on loopback every request has a host name of this
/// machine, and one with an <c>Origin</c> has this server's own.
/// </summary>
/// <param name="hosts">Host names that are this server's, beside those of loopback.</param>
internal sealed class RequestGuard(IReadOnlyCollection<string> hosts)
{
    private static readonly string[] _loopback = ["localhost", "127.0.0.1", "[::1]"];

    /// <exception cref="ApiException">The request is not let in.</exception>
    public void Check(HttpRequest request)
    {
        HostString host = request.Host;
        if (!IsOwn(host.Host))
        {
            throw new ApiException(
                403,
                "foreign_host",
                "The Host header names another machine than this server; --allow-host lets a name in."
            );
        }

        foreach (string? origin in request.Headers.Origin)
        {
            if (
                !Uri.TryCreate(origin, UriKind.Absolute, out Uri? uri)
                || !uri.Authority.Equals(Authority(request), StringComparison.OrdinalIgnoreCase)
            )
            {
                throw new ApiException(403, "foreign_origin", "Pages of other origins may not call this server.");
            }
        }
    }

    private bool IsOwn(string host) =>
        _loopback.Contains(host, StringComparer.OrdinalIgnoreCase)
        || hosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    private static string Authority(HttpRequest request) =>
        request.Host.Port is { } port && port != (request.IsHttps ? 443 : 80)
            ? Invariant($"{request.Host.Host}:{port}")
            : request.Host.Host;
}
