namespace MultiTurnTrainer.Hub.Client;

/// <summary>What a repository on the hub holds.</summary>
public enum HubKind
{
    /// <summary>A model or an adapter.</summary>
    Model,

    /// <summary>Data.</summary>
    Dataset,
}

/// <summary>A repository on the HuggingFace hub, and which state of it.</summary>
/// <param name="Kind">What it holds.</param>
/// <param name="Id"><c>org/name</c>, or a name alone.</param>
/// <param name="Revision">A branch, tag or commit.</param>
public sealed partial record HubName(HubKind Kind, string Id, string Revision = HubName.Main)
{
    /// <summary>The branch that is meant where none is named.</summary>
    public const string Main = "main";

    private const string Scheme = "hf://";

    /// <summary>Whether the revision is a commit itself, which never changes.</summary>
    public bool IsPinned => Commit().IsMatch(Revision);

    /// <summary>The repository with its revision, as a user writes it.</summary>
    public override string ToString() => Revision == Main ? Id : $"{Id}@{Revision}";

    /// <summary>Its path below the endpoint, where files and pages are.</summary>
    internal string PagePath => Kind == HubKind.Dataset ? $"datasets/{Id}" : Id;

    /// <summary>Its path below <c>/api/</c>.</summary>
    internal string ApiPath => Kind == HubKind.Dataset ? $"datasets/{Id}" : $"models/{Id}";

    /// <summary>Its folder in the cache.</summary>
    internal string FolderName =>
        $"{(Kind == HubKind.Dataset ? "datasets" : "models")}--{Id.Replace("/", "--", StringComparison.Ordinal)}";

    /// <summary>
    /// Reads <c>org/name[@revision]</c> or <c>hf://[org/]name[@revision]</c> as the name of a model; null where it cannot be one,
    /// such as a path.
    /// </summary>
    public static HubName? TryParseModel(string text)
    {
        bool schemed = text.StartsWith(Scheme, StringComparison.Ordinal);
        string name = schemed ? text[Scheme.Length..] : text;
        name = schemed && name.StartsWith("models/", StringComparison.Ordinal) ? name["models/".Length..] : name;
        int at = name.IndexOf('@', StringComparison.Ordinal);
        string id = at < 0 ? name : name[..at];
        string revision = at < 0 ? Main : name[(at + 1)..];
        return IsId(id, schemed) && IsRevision(revision) ? new HubName(HubKind.Model, id, revision) : null;
    }

    /// <summary>Whether a text can name a repository.</summary>
    internal static bool IsId(string id, bool orgOptional) =>
        (RepositoryId().IsMatch(id) || (orgOptional && RepositoryPart().IsMatch(id)))
        && !id.Contains("--", StringComparison.Ordinal)
        && !id.Contains("..", StringComparison.Ordinal);

    /// <summary>Whether a text can name a revision.</summary>
    internal static bool IsRevision(string revision) =>
        RevisionText().IsMatch(revision) && !revision.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex RepositoryId();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex RepositoryPart();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._/-]*\z")]
    private static partial Regex RevisionText();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Commit();
}
