using System.Diagnostics;
using System.Globalization;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Benchmarks.Tokenizers;

/// <summary>
/// Megabytes (10⁶ bytes of UTF-8) a second over a corpus, best of several rounds. Cold: the tokenizer has just been
/// loaded, its caches are empty; the code itself is compiled, by a run over another instance. <c>cold_cpu_mb_s</c> is
/// by processor time, for machines that are shared. One line of JSON on stdout.
/// </summary>
internal static class TokenizerThroughput
{
    private const int Rounds = 5;

    /// <summary>Measures one tokenizer.</summary>
    /// <param name="model">A model folder.</param>
    /// <param name="corpus">A JSON Lines file of texts.</param>
    /// <param name="megabytes">How much of it, or null: all.</param>
    public static void Run(string model, string corpus, string? megabytes)
    {
        long limit = megabytes is null
            ? long.MaxValue
            : (long)(double.Parse(megabytes, CultureInfo.InvariantCulture) * 1e6);
        List<byte[]> texts = Corpus.Read(corpus, limit);
        List<byte[]> joined = Corpus.Join(texts);
        List<string> strings = [.. texts.Select(System.Text.Encoding.UTF8.GetString)];
        double size = texts.Sum(t => (double)t.Length) / 1e6;

        double load = BestLoad(model);
        Tokenizer warmUp = Tokenizer.Load(model);
        for (int i = 0; i < 3; i++)
        {
            Encode(warmUp, texts);
        }

        long tokens = 0;
        double cold = Best(() => Tokenizer.Load(model), t => tokens = Encode(t, texts)).Seconds;
        double cpu = BestProcessorTime(model, texts);
        (double warm, Tokenizer warmed) = Best(() => warmUp, t => Encode(t, texts));
        double longTexts = Best(() => Tokenizer.Load(model), t => Encode(t, joined)).Seconds;
        double two = Best(() => Tokenizer.Load(model), t => EncodeOnTwoThreads(t, texts)).Seconds;
        double offsets = Best(() => Tokenizer.Load(model), t => EncodeWithOffsets(t, strings)).Seconds;

        IdBuffer buffer = new();
        Encode(warmed, texts, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Encode(warmed, texts, buffer);
        double allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)tokens;

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"model":"{{Path.GetFileName(model.TrimEnd('/'))}}","megabytes":{{size:F1}},"tokens":{{tokens}},"cold_mb_s":{{size / cold:F1}},"cold_cpu_mb_s":{{size / cpu:F1}},"warm_mb_s":{{size / warm:F1}},"long_texts_mb_s":{{size / longTexts:F1}},"two_threads_mb_s":{{size / two:F1}},"offsets_mb_s":{{size / offsets:F1}},"load_ms":{{load * 1000:F0}},"allocated_bytes_per_token":{{allocated:F4}}}"""
            )
        );
    }

    private static double BestProcessorTime(string model, List<byte[]> texts)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            Tokenizer tokenizer = Tokenizer.Load(model);
            GC.Collect();
            TimeSpan start = Environment.CpuUsage.TotalTime;
            Encode(tokenizer, texts);
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }

        return best;
    }

    private static double BestLoad(string model)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < 2 * Rounds; round++)
        {
            GC.Collect();
            long start = Stopwatch.GetTimestamp();
            Tokenizer.Load(model);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    // The shortest of several runs; what prepare makes is not timed.
    private static (double Seconds, Tokenizer Last) Best<T>(Func<Tokenizer> prepare, Func<Tokenizer, T> work)
    {
        double best = double.PositiveInfinity;
        Tokenizer last = null!;
        for (int round = 0; round < Rounds; round++)
        {
            last = prepare();
            GC.Collect();
            long start = Stopwatch.GetTimestamp();
            work(last);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (best, last);
    }

    private static long Encode(Tokenizer tokenizer, List<byte[]> texts) => Encode(tokenizer, texts, new IdBuffer());

    private static long Encode(Tokenizer tokenizer, List<byte[]> texts, IdBuffer buffer)
    {
        long tokens = 0;
        foreach (byte[] text in texts)
        {
            buffer.Clear();
            tokenizer.EncodeIds(text, buffer);
            tokens += buffer.Count;
        }

        return tokens;
    }

    private static long EncodeOnTwoThreads(Tokenizer tokenizer, List<byte[]> texts)
    {
        long[] tokens = new long[2];
        int next = -1;
        Parallel.For(
            0,
            2,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            thread =>
            {
                IdBuffer buffer = new();
                for (int i = Interlocked.Increment(ref next); i < texts.Count; i = Interlocked.Increment(ref next))
                {
                    buffer.Clear();
                    tokenizer.EncodeIds(texts[i], buffer);
                    tokens[thread] += buffer.Count;
                }
            }
        );
        return tokens.Sum();
    }

    private static long EncodeWithOffsets(Tokenizer tokenizer, List<string> texts)
    {
        long tokens = 0;
        foreach (string text in texts)
        {
            tokens += tokenizer.Encode(text, addSpecialTokens: false).Ids.Length;
        }

        return tokens;
    }
}
