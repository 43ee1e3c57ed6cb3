namespace MultiTurnTrainer.Serving.Http;

/// <summary>How many requests one caller may begin: by key where there is one, else by address.</summary>
/// <param name="perMinute">Requests a minute.</param>
internal sealed class RequestRates(int perMinute)
{
    private readonly PartitionedRateLimiter<HttpContext> _limiter = PartitionedRateLimiter.Create<HttpContext, string>(
        http =>
            RateLimitPartition.GetTokenBucketLimiter(
                Caller(http),
                _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = perMinute,
                    TokensPerPeriod = Math.Max(1, perMinute / 60),
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    QueueLimit = 0,
                }
            )
    );

    /// <exception cref="ApiException">Too many.</exception>
    public void Check(HttpContext http)
    {
        using RateLimitLease lease = _limiter.AttemptAcquire(http);
        if (!lease.IsAcquired)
        {
            throw new ApiException(429, "rate_limit_exceeded", "Too many requests; come back in a moment.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    private static string Caller(HttpContext http) =>
        http.Request.Headers.Authorization.ToString() is { Length: > 0 and < 1024 } key
            ? Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))
            : http.Connection.RemoteIpAddress?.ToString() ?? "";
}
