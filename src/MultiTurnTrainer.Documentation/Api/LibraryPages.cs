// Folder Api: pages of libraries, made of their metadata and their XML docs.
// Refuses to know: which libraries there are.
namespace MultiTurnTrainer.Documentation.Api;

/// <summary>A page for each library of a folder: an assembly with its XML docs beside it. Nothing of them is loaded or run.</summary>
public static class LibraryPages
{
    private const string Prefix = "MultiTurnTrainer.";

    /// <summary>The pages, in the order of their names; none where a build has no XML docs.</summary>
    /// <param name="folder">Where the assemblies lie.</param>
    public static IReadOnlyList<ManualPage> Of(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, $"{Prefix}*.dll")
                .Order(StringComparer.Ordinal)
                .Where(path => File.Exists(Path.ChangeExtension(path, ".xml")))
                .Select(PageOf),
        ];

    private static ManualPage PageOf(string assembly)
    {
        string name = Path.GetFileNameWithoutExtension(assembly);
        return new ManualPage(
            $"api-{name[Prefix.Length..].ToLowerInvariant()}",
            name[Prefix.Length..],
            $"the public types of {name}",
            () =>
                new LibraryText(
                    name,
                    LibraryMetadata.ReadTypes(assembly),
                    XmlDocs.Read(Path.ChangeExtension(assembly, ".xml"))
                ).Write()
        );
    }
}
