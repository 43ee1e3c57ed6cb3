namespace MultiTurnTrainer.Files.Pages;

/// <summary>
/// What lets the curves of a page be zoomed, read off and switched off: uPlot (MIT), which the build restores from npm and embeds as it
/// comes, and <c>curves.js</c>. A build without npm has none of it, and pages keep their still pictures.
/// </summary>
internal static class CurveScript
{
    private static readonly string? _library = Read("curves/uPlot.iife.min.js");
    private static readonly string _style = Read("curves/uPlot.min.css") + Read("curves/curves.css");

    // The licence wants its text beside every copy.
    private static readonly string _script =
        $"/*! uPlot\n{Read("curves/LICENSE")}*/\n{_library}\n{Read("curves/curves.js")}";

    /// <summary>Whether the build has it.</summary>
    public static bool IsPresent => _library is not null;

    /// <summary>Adds it to a page, once.</summary>
    public static void AddTo(HtmlPage page)
    {
        if (IsPresent)
        {
            page.AddScript(_script).AddStyle(_style);
        }
    }

    private static string? Read(string name)
    {
        using Stream? stream = typeof(CurveScript).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
