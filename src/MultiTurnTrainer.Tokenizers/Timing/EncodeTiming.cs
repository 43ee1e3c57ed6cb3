// Folder Timing: how fast a tokenizer encodes.
// Refuses to know: other libraries, files of conversations.
using System.Diagnostics;
using System.Runtime;
using MultiTurnTrainer.Tokenizers.Lines;

namespace MultiTurnTrainer.Tokenizers.Timing;

/// <summary>How fast texts were encoded.</summary>
/// <param name="Offsets">Whether offsets were made too, or ids only.</param>
/// <param name="Threads">On how many threads.</param>
/// <param name="ColdSeconds">Wall time of the first pass: the tokenizer has seen no text, the code is compiled.</param>
/// <param name="WarmSeconds">Wall time of the best of the passes after it.</param>
/// <param name="ColdProcessorSeconds">Processor time of the first pass.</param>
/// <param name="WarmProcessorSeconds">Processor time of the pass after it that took least.</param>
/// <param name="Tokens">Tokens of a pass.</param>
public sealed record EncodeTiming(
    bool Offsets,
    int Threads,
    double ColdSeconds,
    double WarmSeconds,
    double ColdProcessorSeconds,
    double WarmProcessorSeconds,
    long Tokens
)
{
    private const int WarmPasses = 3;
    private const int MostTrials = 20;
    private const int TrialPauseMilliseconds = 100;
    private const int TrialBytes = 2_000_000;

    /// <summary>Times ids alone and ids with offsets, on one thread and on all cores.</summary>
    /// <param name="path">A model folder, or a tokenizer's file.</param>
    /// <param name="texts">The texts as UTF-8.</param>
    /// <exception cref="MttException">It is no usable tokenizer, or a text cannot be encoded.</exception>
    public static IEnumerable<EncodeTiming> Measure(string path, IReadOnlyList<byte[]> texts)
    {
        Compile(path, texts);
        foreach (bool offsets in (bool[])[false, true])
        {
            foreach (int threads in Environment.ProcessorCount > 1 ? [1, Environment.ProcessorCount] : (int[])[1])
            {
                yield return Measure(Tokenizer.Load(path), texts, offsets, threads);
            }
        }
    }

    /// <summary>The texts of a file of <c>{"text"}</c> lines.</summary>
    /// <exception cref="MttException">The file cannot be read, or a line has no text.</exception>
    public static IReadOnlyList<byte[]> ReadTexts(string file)
    {
        List<byte[]> texts = [];
        foreach (TextBlock block in TextBlockReader.Read(file))
        {
            TextLines lines = new(file, block);
            while (lines.Next())
            {
                texts.Add(lines.Text.ToArray());
            }
        }

        return texts.Count > 0
            ? texts
            : throw new MttException($"{file}: holds no texts", "Give lines such as {\"text\": \"…\"}.");
    }

    private static EncodeTiming Measure(Tokenizer tokenizer, IReadOnlyList<byte[]> texts, bool offsets, int threads)
    {
        GC.Collect();
        (double cold, double coldProcessor, long tokens) = Pass(tokenizer, texts, offsets, threads);
        double warm = double.PositiveInfinity;
        double warmProcessor = double.PositiveInfinity;
        for (int pass = 0; pass < WarmPasses; pass++)
        {
            (double seconds, double processor, _) = Pass(tokenizer, texts, offsets, threads);
            warm = Math.Min(warm, seconds);
            warmProcessor = Math.Min(warmProcessor, processor);
        }

        return new EncodeTiming(offsets, threads, cold, warm, coldProcessor, warmProcessor, tokens);
    }

    // Another instance, so that the measured one has seen nothing.
    private static void Compile(string path, IReadOnlyList<byte[]> texts)
    {
        int count = 0;
        for (int bytes = 0; count < texts.Count && bytes < TrialBytes; count++)
        {
            bytes += texts[count].Length;
        }

        Tokenizer tokenizer = Tokenizer.Load(path);
        byte[][] first = [.. texts.Take(count)];
        // The second compilation happens beside the work, on one core behind it: until no more comes.
        long compiled = -1;
        for (int trial = 0; trial < MostTrials && compiled != JitInfo.GetCompiledMethodCount(); trial++)
        {
            compiled = JitInfo.GetCompiledMethodCount();
            Pass(tokenizer, first, offsets: false, Environment.ProcessorCount);
            Pass(tokenizer, first, offsets: true, Environment.ProcessorCount);
            Thread.Sleep(TrialPauseMilliseconds);
        }
    }

    private static (double Seconds, double Processor, long Tokens) Pass(
        Tokenizer tokenizer,
        IReadOnlyList<byte[]> texts,
        bool offsets,
        int threads
    )
    {
        long tokens = 0;
        int next = -1;
        TimeSpan used = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        void Work()
        {
            IdBuffer ids = new();
            long mine = 0;
            for (int i = Interlocked.Increment(ref next); i < texts.Count; i = Interlocked.Increment(ref next))
            {
                if (offsets)
                {
                    mine += tokenizer.Encode(texts[i], addSpecialTokens: false).Ids.Length;
                    continue;
                }

                ids.Clear();
                tokenizer.EncodeIds(texts[i], ids);
                mine += ids.Count;
            }

            Interlocked.Add(ref tokens, mine);
        }

        Task[] others = [.. Enumerable.Range(1, threads - 1).Select(_ => Task.Run(Work))];
        Work();
        Task.WaitAll(others);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (elapsed, (Environment.CpuUsage.TotalTime - used).TotalSeconds, tokens);
    }
}
