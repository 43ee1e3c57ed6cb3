using MultiTurnTrainer.Documentation.Api;

namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>The pages of this repository.</summary>
internal static class RepositoryPages
{
    /// <summary>Where they lie.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "docs");

    /// <summary>Every file with documentation, from the repository's root: the pages, the README and what stands beside data.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        .. Directory
            .EnumerateFiles(Folder, "*.md")
            .Concat(
                Directory.EnumerateFiles(
                    Path.Combine(Repository.Root, "datasets"),
                    "README.md",
                    SearchOption.AllDirectories
                )
            )
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The manual as the program has it.</summary>
    public static Manual Manual { get; } =
        new(
            path => File.Exists(Path.Combine(Folder, path)) ? File.ReadAllText(Path.Combine(Folder, path)) : null,
            LibraryPages.Of(Path.GetDirectoryName(Repository.Mtt)!)
        );

    /// <summary>A page that is not listed: its text alone.</summary>
    public static ManualPage Page(string file) =>
        new(
            Path.GetFileNameWithoutExtension(file),
            file,
            "",
            () => File.ReadAllText(Path.Combine(Repository.Root, file))
        );
}
