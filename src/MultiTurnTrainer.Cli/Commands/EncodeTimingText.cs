namespace MultiTurnTrainer.Cli.Commands;

/// <summary>How fast a tokenizer encodes, as a table.</summary>
internal static class EncodeTimingText
{
    private static readonly Table _table = new(
        "{0,-16} {1,8} {2,8:0.0} {3,8:0.0} {4,16:0.0} {5,16:0.0} {6,12:N0}",
        "",
        "threads",
        "cold",
        "warm",
        "cold, CPU time",
        "warm, CPU time",
        "tokens"
    );

    public static void Write(string model, string file)
    {
        IReadOnlyList<byte[]> texts = EncodeTiming.ReadTexts(file);
        double megabytes = texts.Sum(text => (double)text.Length) / 1e6;
        Console.Out.WriteLine(
            Invariant(
                $"{model}: {Counted.Of(texts.Count, "text")}, {megabytes:0.0} MB of UTF-8; MB/s of encoding alone"
            )
        );
        Console.Out.WriteLine(_table.Head);
        foreach (EncodeTiming timing in EncodeTiming.Measure(model, texts))
        {
            Console.Out.WriteLine(
                _table.Line(
                    timing.Offsets ? "ids and offsets" : "ids",
                    timing.Threads,
                    megabytes / timing.ColdSeconds,
                    megabytes / timing.WarmSeconds,
                    megabytes / timing.ColdProcessorSeconds,
                    megabytes / timing.WarmProcessorSeconds,
                    timing.Tokens
                )
            );
        }
    }
}
