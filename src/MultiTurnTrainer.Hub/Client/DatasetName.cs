namespace MultiTurnTrainer.Hub.Client;

/// <summary>Data on the hub: <c>hf://datasets/org/name[@revision][/config][:split]</c>, or one file of it.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Config">Which of its configurations; null for the only or the default one.</param>
/// <param name="Split">Which split; null for <c>train</c>.</param>
/// <param name="File">A file of the repository by its path; null to go by configuration and split.</param>
public sealed record DatasetName(HubName Repository, string? Config, string? Split, string? File)
{
    private const string Prefix = "hf://datasets/";

    // Revisions with a slash that the hub itself makes.
    private static readonly string[] _references = ["refs/convert/parquet", "refs/pr/"];

    /// <summary>Whether a text is meant as data on the hub.</summary>
    public static bool IsOne(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Reads the address.</summary>
    /// <exception cref="MttException">It is not written so.</exception>
    public static DatasetName Parse(string text)
    {
        string rest = text[Prefix.Length..];
        int colon = rest.LastIndexOf(':');
        string? split = colon < 0 ? null : rest[(colon + 1)..];
        rest = colon < 0 ? rest : rest[..colon];
        int at = rest.IndexOf('@', StringComparison.Ordinal);
        string[] parts = (at < 0 ? rest : rest[..at]).Split('/');
        string id = string.Join('/', parts.Take(2));
        string inner = string.Join('/', parts.Skip(2));
        string revision = HubName.Main;
        if (at >= 0)
        {
            (revision, inner) = CutRevision(rest[(at + 1)..]);
        }

        bool file = Path.HasExtension(inner);
        bool valid =
            HubName.IsId(id, orgOptional: true)
            && HubName.IsRevision(revision)
            && split is not ""
            && (file || !inner.Contains('/', StringComparison.Ordinal))
            && !inner.Contains("..", StringComparison.Ordinal);
        return valid
            ? new DatasetName(
                new HubName(HubKind.Dataset, id, revision),
                file || inner.Length == 0 ? null : inner,
                split,
                file ? inner : null
            )
            : throw new MttException(
                $"{text}: is no address of data on the hub",
                "Write hf://datasets/org/name, then @revision, /config and :split where they are wanted."
            );
    }

    private static (string Revision, string Inner) CutRevision(string text)
    {
        int length = text.IndexOf('/', StringComparison.Ordinal);
        if (Array.Find(_references, known => text.StartsWith(known, StringComparison.Ordinal)) is { } reference)
        {
            length = text.IndexOf('/', reference.Length);
        }

        return length < 0 ? (text, "") : (text[..length], text[(length + 1)..]);
    }
}
