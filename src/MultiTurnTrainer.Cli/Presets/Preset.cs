// Folder Presets: what mtt init writes.
// Refuses to know: what the files mean to training.

namespace MultiTurnTrainer.Cli.Presets;

/// <summary>
/// A starter project that travels inside the program: its files are resources named <c>preset/NAME/path</c>. The model of <c>tiny</c> is
/// every preset's, save the files that a preset has itself.
/// </summary>
internal sealed record Preset(string Name)
{
    private const string Prefix = "preset/";
    private const string Shared = $"{Prefix}tiny/model/";

    private static readonly Assembly _assembly = typeof(Preset).Assembly;

    /// <summary>The presets there are.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [.. Resources().Select(name => name.Split('/')[1]).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The files of this preset, by their path in the project.</summary>
    public IReadOnlyList<string> Files { get; } =
    [
        .. Resources()
            .Where(name => name.StartsWith($"{Prefix}{Name}/", StringComparison.Ordinal))
            .Select(name => name[$"{Prefix}{Name}/".Length..])
            .Union(Resources().Where(IsShared).Select(name => $"model/{name[Shared.Length..]}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Writes every file below a folder; an existing file is refused without <paramref name="force"/>.</summary>
    public void WriteTo(string folder, bool force)
    {
        string? taken = Files.Select(file => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
        if (taken is not null && !force)
        {
            throw new MttException(
                $"{taken}: already exists",
                "Choose an empty folder, or give --force to replace the files."
            );
        }

        // All or none: names are given only when every byte is on the disk.
        List<OutputFile> outputs = [];
        try
        {
            foreach (string file in Files)
            {
                using Stream resource =
                    _assembly.GetManifestResourceStream($"{Prefix}{Name}/{file}")
                    ?? _assembly.GetManifestResourceStream($"{Prefix}tiny/{file}")!;
                OutputFile output = OutputFile.Create(Path.Combine(folder, file), force: true);
                outputs.Add(output);
                resource.CopyTo(output.Stream);
            }

            outputs.ForEach(output => output.Commit());
        }
        finally
        {
            outputs.ForEach(output => output.Dispose());
        }
    }

    private static bool IsShared(string resource) => resource.StartsWith(Shared, StringComparison.Ordinal);

    private static IEnumerable<string> Resources() =>
        _assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
}
