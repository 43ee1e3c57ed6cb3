namespace MultiTurnTrainer.Cli;

/// <summary>
/// Standard output and standard error for text: the last guard behind what each command cleans itself. No byte of data moves
/// the cursor, colours or reverses text, and no line begins as a command to a CI runner does. What mtt itself draws goes to
/// <see cref="Out"/> and <see cref="Error"/>.
/// </summary>
/// <param name="inner">Where the text goes.</param>
internal sealed class CleanWriter(TextWriter inner) : TextWriter
{
    // ::command:: of GitHub, ##[command] and ##vso[command] of Azure.
    private char _held;
    private bool _lineBegins = true;

    /// <summary>Standard output as it is.</summary>
    public static TextWriter Out { get; private set; } = Console.Out;

    /// <summary>Standard error as it is.</summary>
    public static TextWriter Error { get; private set; } = Console.Error;

    public override Encoding Encoding => inner.Encoding;

    /// <summary>Cleans what the program writes from here on.</summary>
    public static void Guard()
    {
        (Out, Error) = (Console.Out, Console.Error);
        Console.SetOut(Synchronized(new CleanWriter(Out)));
        Console.SetError(Synchronized(new CleanWriter(Error)));
    }

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        string text = Printable.Text(buffer.ToString());
        int from = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (_held != '\0')
            {
                inner.Write(_held == c ? Printable.Escaped(c) : _held.ToString());
                _held = '\0';
                _lineBegins = false;
            }

            if (_lineBegins && c is ':' or '#')
            {
                inner.Write(text.AsSpan(from, i - from));
                from = i + 1;
                _held = c;
                continue;
            }

            _lineBegins = c == '\n' || (_lineBegins && c is ' ' or '\t');
        }

        inner.Write(text.AsSpan(from));
    }

    public override void Flush()
    {
        if (_held != '\0')
        {
            inner.Write(_held);
            (_held, _lineBegins) = ('\0', false);
        }

        inner.Flush();
    }
}
