namespace MultiTurnTrainer.Cli;

/// <summary>Text of one of several processes, whose lines stand in one log: each says whose it is.</summary>
/// <param name="inner">Where the text goes.</param>
/// <param name="rank">The process.</param>
internal sealed class RankWriter(TextWriter inner, int rank) : TextWriter
{
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => inner.Encoding;

    /// <summary>Standard error of one of several processes.</summary>
    public static void Guard(int rank) => Console.SetError(Synchronized(new RankWriter(Console.Error, rank)));

    public override void Write(char value)
    {
        // Whole lines, so that those of several processes do not mix.
        _line.Append(value);
        if (value == '\n')
        {
            Flush();
        }
    }

    public override void Flush()
    {
        if (_line.Length > 0)
        {
            inner.Write($"[rank {rank}] {_line}");
            _line.Clear();
        }

        inner.Flush();
    }
}
