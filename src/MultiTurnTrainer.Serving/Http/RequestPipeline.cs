using MultiTurnTrainer.Serving.Settings;

namespace MultiTurnTrainer.Serving.Http;

/// <summary>What every request goes through: who may ask, how often, and how a failure is told.</summary>
/// <param name="options">The bounds.</param>
/// <param name="tenants">Whose requests they are.</param>
/// <param name="log">Told of failures of the server itself; null for nobody.</param>
internal sealed class RequestPipeline(ServerOptions options, Tenants tenants, Action<string>? log)
{
    private readonly RequestGuard _guard = new(options.Hosts);
    private readonly RequestRates _rates = new(options.RequestsPerMinute);

    /// <summary>Puts it around what answers.</summary>
    public RequestDelegate Wrap(RequestDelegate next) => http => RunAsync(http, next);

    private async Task RunAsync(HttpContext http, RequestDelegate next)
    {
        try
        {
            _guard.Check(http.Request);
            _rates.Check(http);
            // What is no route at all is refused like everything else.
            if (http.GetEndpoint()?.Metadata.GetMetadata<OpenRoute>() is null)
            {
                tenants.Identify(http);
            }

            await next(http).ConfigureAwait(false);
            if (!http.Response.HasStarted && http.GetEndpoint() is null)
            {
                throw ApiException.NotFound("path");
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; nobody is left to be told.
        }
        catch (Exception problem)
        {
            ApiException error = ErrorMapping.Of(problem);
            if (error.Code == "internal_error")
            {
                log?.Invoke($"{http.Request.Method} {Printable.Line(http.Request.Path)}: {problem}");
            }

            await Json.WriteErrorAsync(http, error).ConfigureAwait(false);
        }
    }
}
