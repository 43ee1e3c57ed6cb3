using StackExchange.Redis;

namespace MultiTurnTrainer.Sessions.Stores.Hot;

/// <summary>Where a hot tier is: <c>redis://user@host:port/0</c>, <c>rediss://</c> with TLS.</summary>
internal static class RedisUrl
{
    private const int Port = 6379;

    /// <summary>Reads an address; the password is REDISCLI_AUTH's where it holds none.</summary>
    /// <exception cref="MttException">It is no address of a Redis; the message holds no password.</exception>
    public static ConfigurationOptions Parse(string named)
    {
        int database = 0;
        string path = "";
        if (
            !Uri.TryCreate(named, UriKind.Absolute, out Uri? url)
            || url.Scheme is not ("redis" or "rediss")
            || url.Host.Length == 0
            || (
                (path = url.AbsolutePath.Trim('/')).Length > 0
                && !int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out database)
            )
        )
        {
            throw new MttException(
                "the address of the hot tier is no redis://HOST:PORT/NUMBER",
                "Give redis://HOST:PORT, or rediss:// for TLS; the password is read from REDISCLI_AUTH."
            );
        }

        string[] user = url.UserInfo.Split(':', 2);
        return new ConfigurationOptions
        {
            EndPoints = { { url.Host, url.Port > 0 ? url.Port : Port } },
            User = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password =
                user.Length > 1 ? Uri.UnescapeDataString(user[1]) : Environment.GetEnvironmentVariable("REDISCLI_AUTH"),
            DefaultDatabase = database,
            Ssl = url.Scheme == "rediss",
            ClientName = "mtt",
            // A server starts and serves without its hot tier, and does not wait for it.
            AbortOnConnectFail = false,
            ConnectTimeout = 2000,
            BacklogPolicy = BacklogPolicy.FailFast,
        };
    }
}
