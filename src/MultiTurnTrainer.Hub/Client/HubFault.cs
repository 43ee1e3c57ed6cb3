namespace MultiTurnTrainer.Hub.Client;

/// <summary>Why the hub did not give what was asked of it.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="remedy">What to do about it.</param>
/// <param name="cacheWillDo">Whether what the cache holds may stand in: not where the hub says that there is no such thing.</param>
/// <param name="inner">The cause.</param>
internal sealed class HubFault(string message, string remedy, bool cacheWillDo, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What to do about it.</summary>
    public string Remedy { get; } = remedy;

    /// <summary>Whether what the cache holds may stand in.</summary>
    public bool CacheWillDo { get; } = cacheWillDo;

    /// <summary>The fault as a user meets it.</summary>
    public MttException Explain() => new(Message, Remedy, this);

    /// <summary>The fault behind an answer that is no success.</summary>
    public static HubFault Of(HttpResponseMessage answer, HubName name, string endpoint, bool hasToken)
    {
        string code = Header(answer, "X-Error-Code") ?? "";
        string said = Header(answer, "X-Error-Message") is { } message ? $" ({message})" : "";
        string page = $"{endpoint}/{name.PagePath}";
        int status = (int)answer.StatusCode;
        return (code, status) switch
        {
            ("GatedRepo", _) when hasToken => new(
                $"{name}: access needs the owner's consent{said}",
                $"Accept the terms on {page} with the account of your token, and wait until access is granted.",
                cacheWillDo: true
            ),
            ("GatedRepo", _) => new(
                $"{name}: access needs the owner's consent, and no token was sent{said}",
                $"Accept the terms on {page}, then set HF_TOKEN to a token of that account.",
                cacheWillDo: true
            ),
            ("RevisionNotFound", _) => new(
                $"{name}: the repository has no revision '{name.Revision}'{said}",
                $"See its branches and tags on {page}.",
                cacheWillDo: false
            ),
            ("EntryNotFound", _) => new(
                $"{name}: the repository lacks a file that it was asked for{said}",
                $"See its files on {page}/tree/{name.Revision}.",
                cacheWillDo: false
            ),
            ("RepoNotFound", _) or (_, 401 or 404) => new(
                hasToken
                    ? $"{name}: the hub has no such repository, or the token may not see it{said}"
                    : $"{name}: the hub has no such repository, or it is private and no token was sent{said}",
                hasToken
                    ? "Check the name, and that the token in HF_TOKEN may read it."
                    : "Check the name; for a private repository set HF_TOKEN.",
                cacheWillDo: status is 401 or 403
            ),
            (_, 403) => new(
                $"{name}: the hub refuses access{said}",
                hasToken
                    ? "The token in HF_TOKEN lacks the right for this."
                    : "Set HF_TOKEN to a token with the right.",
                cacheWillDo: true
            ),
            (_, 429) => new(
                $"{name}: the hub asks for fewer requests{said}",
                "Wait some minutes; with HF_TOKEN set more are allowed.",
                cacheWillDo: true
            ),
            _ => new(
                $"{name}: the hub answered {status} {answer.ReasonPhrase}{said}",
                "Try again later, or use what the cache holds with HF_HUB_OFFLINE=1.",
                cacheWillDo: status >= 500
            ),
        };
    }

    /// <summary>The first value of an answer's header, or null.</summary>
    internal static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
}
