using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Files;

/// <summary>What a path in HuggingFace's cache says of where the file came from.</summary>
/// <param name="Id">The repository, such as <c>org/name</c>.</param>
/// <param name="Commit">The commit, 40 hexadecimal digits.</param>
/// <param name="IsDataset">Whether it holds data; otherwise a model.</param>
public sealed partial record CachedRepository(string Id, string Commit, bool IsDataset)
{
    /// <summary>The repository that a folder, or a file in it, belongs to; null outside the cache.</summary>
    public static CachedRepository? Of(string path) =>
        Snapshot().Match(Path.GetFullPath(path)) is { Success: true } found
            ? new CachedRepository(
                found.Groups[2].Value.Replace("--", "/", StringComparison.Ordinal),
                found.Groups[3].Value,
                found.Groups[1].Value == "datasets"
            )
            : null;

    // models--Qwen--Qwen3-0.6B/snapshots/COMMIT/config.json
    [GeneratedRegex("/(models|datasets)--([^/]+)/snapshots/([^/]+)(/|$)")]
    private static partial Regex Snapshot();
}
