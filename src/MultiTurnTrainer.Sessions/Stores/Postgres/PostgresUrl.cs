namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>Where a PostgreSQL store is: <c>postgres://user@host:port/database?sslmode=require</c>.</summary>
internal static class PostgresUrl
{
    // A statement of a turn takes milliseconds: a server that needs seconds hangs.
    private const int StatementSeconds = 5;
    private const string Remedy = "Give postgres://USER@HOST:PORT/DATABASE; the password is read from PGPASSWORD.";

    /// <summary>Whether a store's name is such an address.</summary>
    public static bool Is(string named) =>
        named.StartsWith("postgres://", StringComparison.Ordinal)
        || named.StartsWith("postgresql://", StringComparison.Ordinal);

    /// <summary>Reads an address.</summary>
    /// <exception cref="MttException">It is no address of a PostgreSQL; the message holds no password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string named)
    {
        if (!Uri.TryCreate(named, UriKind.Absolute, out Uri? url) || url.AbsolutePath.Trim('/').Length == 0)
        {
            throw new MttException("the address of the PostgreSQL store names no database", Remedy);
        }

        NpgsqlConnectionStringBuilder settings = new()
        {
            Database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/')),
            ApplicationName = "mtt",
            CommandTimeout = StatementSeconds,
            Timeout = StatementSeconds,
            CancellationTimeout = 1000,
            TcpKeepAlive = true,
            MaxAutoPrepare = 32,
            // A turn that the client was told of is on the disk, whatever the database's default is.
            Options = "-c synchronous_commit=on",
        };
        if (url.Host.Length > 0)
        {
            settings.Host = url.Host;
        }

        if (url.Port > 0)
        {
            settings.Port = url.Port;
        }

        string[] user = url.UserInfo.Split(':', 2);
        settings.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        settings.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        foreach (string pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            Set(settings, pair);
        }

        return settings;
    }

    /// <summary>The address for people, without the password.</summary>
    public static string Show(NpgsqlConnectionStringBuilder settings)
    {
        string user = settings.Username is { Length: > 0 } name ? $"{name}@" : "";
        return Invariant($"postgres://{user}{settings.Host}:{settings.Port}/{settings.Database}");
    }

    private static void Set(NpgsqlConnectionStringBuilder settings, string pair)
    {
        string[] parts = pair.Split('=', 2);
        string value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "";
        try
        {
            settings[
                parts[0] switch
                {
                    "sslmode" => "SSL Mode",
                    "sslrootcert" => "Root Certificate",
                    "sslcert" => "SSL Certificate",
                    "sslkey" => "SSL Key",
                    "host" => "Host",
                    "application_name" => "Application Name",
                    "connect_timeout" => "Timeout",
                    "pool_max_size" => "Maximum Pool Size",
                    _ => throw new ArgumentException("is not known"),
                }
            ] = parts[0] == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (ArgumentException problem)
        {
            throw new MttException(
                Printable.Of($"the address of the PostgreSQL store: {parts[0]}: {problem.Message}"),
                "Known are sslmode, sslrootcert, sslcert, sslkey, host, application_name, connect_timeout, pool_max_size.",
                problem
            );
        }
    }
}
