namespace MultiTurnTrainer.Files;

/// <summary>The lines of a text, none longer than a row may be: one without an end fills no memory.</summary>
/// <param name="text">Where they come from; disposed with this object.</param>
/// <param name="name">The file's name, for messages.</param>
public sealed class InputLines(TextReader text, string name) : IDisposable
{
    /// <summary>Most characters of a line.</summary>
    public const int Longest = 32 << 20;

    private readonly char[] _block = new char[1 << 14];
    private int _at;
    private int _end;
    private long _number;

    /// <summary>The lines of a plain file.</summary>
    /// <exception cref="MttException">There is no such file, it is no plain one, or a line is too long.</exception>
    public static IEnumerable<string> Read(string path, string? remedy = null)
    {
        using InputLines lines = Open(path, remedy);
        while (lines.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Opens a plain file.</summary>
    public static InputLines Open(string path, string? remedy = null) =>
        new(new StreamReader(InputFile.OpenRead(path, remedy)), path);

    /// <summary>What is said of a line that is too long.</summary>
    public static MttException TooLong(string name, long number) =>
        new(
            $"{name}:{number}: the line is longer than {Longest >> 20} M characters",
            "A row is at most 32 MiB; see whether the file has line ends."
        );

    /// <summary>The next line, or null.</summary>
    /// <exception cref="MttException">It is too long.</exception>
    public string? ReadLine()
    {
        _number++;
        StringBuilder? longer = null;
        while (_at < _end || Fill())
        {
            ReadOnlySpan<char> rest = _block.AsSpan(_at, _end - _at);
            int stop = rest.IndexOf('\n');
            ReadOnlySpan<char> part = stop < 0 ? rest : rest[..stop];
            _at += stop < 0 ? rest.Length : stop + 1;
            if (stop >= 0 && longer is null)
            {
                return part.TrimEnd('\r').ToString();
            }

            longer = (longer ?? new StringBuilder()).Append(part);
            if (longer.Length > Longest)
            {
                throw TooLong(name, _number);
            }

            if (stop >= 0)
            {
                break;
            }
        }

        return longer?.ToString().TrimEnd('\r');
    }

    /// <inheritdoc/>
    public void Dispose() => text.Dispose();

    private bool Fill()
    {
        _at = 0;
        _end = text.Read(_block);
        return _end > 0;
    }
}
