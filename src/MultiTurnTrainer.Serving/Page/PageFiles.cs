namespace MultiTurnTrainer.Serving.Page;

/// <summary>A file that the page loads.</summary>
/// <param name="Type">Its media type.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record PageFile(string Type, byte[] Bytes)
{
    /// <summary>Names this content: a browser that has it need not load it again.</summary>
    public string Tag { get; } = $"\"{ContentHash.Of(Bytes)}\"";
}

/// <summary>The scripts, style sheets and the icon of the page, from inside the program.</summary>
internal static class PageFiles
{
    private const string Prefix = "page/";

    private static readonly Dictionary<string, PageFile> _all = Read();

    /// <summary>A file by its name; null for none.</summary>
    public static PageFile? Find(string? name) => _all.GetValueOrDefault(name ?? "");

    private static Dictionary<string, PageFile> Read()
    {
        Dictionary<string, PageFile> files = new(StringComparer.Ordinal)
        {
            ["shell.css"] = new(TypeOf("shell.css"), Encoding.UTF8.GetBytes(HtmlPage.ShellStyle)),
            ["plan.css"] = new(TypeOf("plan.css"), Encoding.UTF8.GetBytes(PlanFigure.Style)),
        };
        Assembly assembly = typeof(PageFiles).Assembly;
        foreach (string resource in assembly.GetManifestResourceNames().Where(IsOfThePage))
        {
            using Stream stream = assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            files[resource[Prefix.Length..]] = new PageFile(TypeOf(resource), bytes);
        }

        return files;
    }

    private static bool IsOfThePage(string resource) => resource.StartsWith(Prefix, StringComparison.Ordinal);

    private static string TypeOf(string name) =>
        Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/javascript; charset=utf-8",
        };
}
