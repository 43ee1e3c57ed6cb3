namespace MultiTurnTrainer.Cli;

/// <summary>
/// Where a command's result goes: standard output, which has each line as soon as it is written, or the file of <c>--output</c>, which
/// appears whole when the command is done.
/// </summary>
internal sealed class ResultOutput : IDisposable
{
    private readonly OutputFile? _file;
    private TextWriter? _text;

    private ResultOutput(OutputFile? file)
    {
        _file = file;
        Stream = file?.Stream ?? CleanJsonStream.OpenOutput();
    }

    /// <summary>Where to write.</summary>
    public Stream Stream { get; }

    /// <summary>Where to write text instead.</summary>
    public TextWriter Text =>
        _text ??= _file is null ? Console.Out : new StreamWriter(Stream, leaveOpen: true) { NewLine = "\n" };

    /// <summary>Whether text is coloured; in a file it is not.</summary>
    public bool HasColour => _file is null && TerminalColour.IsWanted(Console.IsOutputRedirected);

    /// <summary>The same for text that mtt has coloured, and cleaned, itself.</summary>
    public TextWriter ColouredText => HasColour ? CleanWriter.Out : Text;

    /// <summary>Opens the output.</summary>
    /// <param name="path">The value of <c>--output</c>; null for standard output.</param>
    /// <param name="force">Whether that file may be replaced.</param>
    /// <param name="inputs">What the command reads, which must not be the output.</param>
    /// <exception cref="MttException">The file cannot be written.</exception>
    public static ResultOutput Open(string? path, bool force, params IEnumerable<string> inputs)
    {
        if (path is null)
        {
            return new ResultOutput(null);
        }

        UnfinishedFiles.RemoveOnSignals();
        OutputPaths.RefuseClash(inputs, path);
        return new ResultOutput(OutputFile.Create(path, force));
    }

    /// <summary>Writes a whole text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="path">The value of <c>--output</c>; null for standard output.</param>
    /// <param name="force">Whether that file may be replaced.</param>
    /// <exception cref="MttException">The file cannot be written.</exception>
    public static void Write(string text, string? path, bool force)
    {
        if (path is null)
        {
            Console.Out.Write(text);
        }
        else
        {
            OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text), force);
        }
    }

    /// <summary>Gives the file its name.</summary>
    public void Commit()
    {
        _text?.Flush();
        _file?.Commit();
    }

    public void Dispose()
    {
        Stream.Dispose();
        _file?.Dispose();
    }
}
