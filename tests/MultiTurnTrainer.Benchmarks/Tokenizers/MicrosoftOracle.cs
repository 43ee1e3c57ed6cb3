using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Tokenizers;
using MultiTurnTrainer.Agents;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Benchmarks.Tokenizers;

/// <summary>
/// Microsoft.ML.Tokenizers' tokenizer of a known encoding, and ours of the same list of tokens through the same interface:
/// MB/s, ids only, caches empty, one thread; and how many texts get other ids. One line of JSON on stdout.
/// </summary>
internal static class MicrosoftOracle
{
    private const int Rounds = 3;

    /// <summary>Measures both.</summary>
    /// <param name="encoding">The encoding's name.</param>
    /// <param name="package">The last part of the name of the package that holds its tokens.</param>
    /// <param name="corpus">A JSON Lines file of texts.</param>
    /// <param name="megabytes">How much of it, or null: all.</param>
    public static void Run(string encoding, string package, string corpus, string? megabytes)
    {
        long limit = megabytes is null
            ? long.MaxValue
            : (long)(double.Parse(megabytes, CultureInfo.InvariantCulture) * 1e6);
        List<byte[]> utf8 = Corpus.Read(corpus, limit);
        List<string> texts = [.. utf8.Select(System.Text.Encoding.UTF8.GetString)];
        double size = utf8.Sum(t => (double)t.Length) / 1e6;
        using TempFolder folder = new();
        TiktokenData.Write(package, folder[$"{encoding}.tiktoken"]);
        folder.Write("tokenizer_config.json", "{}");
        Tokenizer Ours() => ModelTokenizer.Load(folder.Path);
        Tokenizer Theirs() => TiktokenTokenizer.CreateForEncoding(encoding);

        Tokenizer ours = Ours();
        Tokenizer theirs = Theirs();
        int differing = texts.Count(text => !ours.EncodeToIds(text).SequenceEqual(theirs.EncodeToIds(text)));
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"model":"{{encoding}}","texts":{{texts.Count}},"differing":{{differing}},"mb_s":{{size / Best(Theirs, texts):F2}},"cold_mb_s":{{size / Best(Ours, texts):F1}}}"""
            )
        );
    }

    private static double Best(Func<Tokenizer> load, List<string> texts)
    {
        double best = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            Tokenizer tokenizer = load();
            GC.Collect();
            long start = Stopwatch.GetTimestamp();
            texts.ForEach(text => tokenizer.EncodeToIds(text));
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
