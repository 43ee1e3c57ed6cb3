namespace MultiTurnTrainer.Serving.Http;

/// <summary>Whose request it is, by its key.</summary>
/// <param name="keys">The keys; without any everybody on this machine is one tenant.</param>
internal sealed class Tenants(TenantKeys keys)
{
    private const string Scheme = "Bearer ";
    private static readonly object _item = new();

    /// <summary>The one tenant of a server without keys; null where there are some.</summary>
    public string? Everybody => keys.IsEmpty ? "local" : null;

    /// <summary>The tenant of a key; null for one that nobody knows.</summary>
    public string? Find(string key) => keys.Find(key);

    /// <summary>Finds out and remembers whose request it is.</summary>
    /// <exception cref="ApiException">The key is missing or unknown.</exception>
    public void Identify(HttpContext http)
    {
        if (Everybody is { } everybody)
        {
            http.Items[_item] = everybody;
            return;
        }

        string given = http.Request.Headers.Authorization.ToString();
        string? tenant = given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? keys.Find(given[Scheme.Length..].Trim())
            : null;
        http.Items[_item] =
            tenant
            ?? throw new ApiException(
                401,
                "invalid_api_key",
                "Authorization: Bearer KEY is missing, or the key is unknown."
            );
    }

    /// <summary>The tenant of a request that was let in.</summary>
    public static string Of(HttpContext http) => (string)http.Items[_item]!;
}
