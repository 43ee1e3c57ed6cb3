using System.Globalization;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Tests.Duplicates;

/// <summary>Near duplicates beside an exact join. <c>MTT_NEAR_ROWS</c> sets how many rows (the nightly script takes 200,000).</summary>
public sealed class NearIndexTests : IDisposable
{
    private const int Words = 3;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.8, false)]
    [InlineData(0.8, true)]
    [InlineData(0.5, false)]
    public void Validate_SeededRows_FindsWhatAnExactJoinFinds(double threshold, bool reversed)
    {
        string[] texts = Texts(
            int.Parse(Environment.GetEnvironmentVariable("MTT_NEAR_ROWS") ?? "20000", CultureInfo.InvariantCulture)
        );
        if (reversed)
        {
            Array.Reverse(texts);
        }

        List<(int Row, int Of)> expected = Join(texts, threshold);
        Assert.InRange(expected.Count, texts.Length / 20, texts.Length / 2);
        Assert.Equal(expected, Found(texts, threshold));
    }

    [Fact]
    public void FindOrAdd_LongRows_AreComparedBySamples()
    {
        NearIndex index = new(1 << 20, 0.8);
        Random random = new(1);
        uint[] row = Random(random, 100_000);
        Assert.Null(index.FindOrAdd(row, 0, 1));
        Assert.Null(index.FindOrAdd(Changed(random, row, 0.2), 0, 2));
        (_, long line, double similarity) = index.FindOrAdd(Changed(random, row, 0.05), 0, 3)!.Value;
        Assert.Equal(1, line);
        Assert.InRange(similarity, 0.88, 0.93);
        Assert.False(index.IsSampled);
    }

    [Fact]
    public void FindOrAdd_BeyondTheMemory_SamplesLongRowsAndThenIsFull()
    {
        NearIndex index = new(1 << 16, 0.8);
        Random random = new(1);
        List<uint[]> rows = [.. Enumerable.Range(0, 400).Select(_ => Random(random, 400))];
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Null(index.FindOrAdd(rows[i], 0, i));
        }

        Assert.True(index.IsSampled);
        Assert.False(index.IsFull);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Equal(i, index.FindOrAdd(Changed(random, rows[i], 0.01), 0, 0)!.Value.Line);
        }

        for (int i = 0; !index.IsFull; i++)
        {
            index.FindOrAdd(Random(random, 400), 0, rows.Count + i);
        }

        Assert.Equal(7, index.FindOrAdd(rows[7], 0, 0)!.Value.Line);
    }

    [Fact]
    public void FindOrAdd_RowsWithOneSystemPrompt_FindsTheSimilarOnes()
    {
        // Three quarters of all rows are the same: no row is like another but through its own quarter.
        Random random = new(1);
        uint[] prompt = Random(random, 150);
        NearIndex index = new(1 << 24, 0.8);
        for (int i = 0; i < 20_000; i++)
        {
            Assert.Null(index.FindOrAdd(Sorted([.. prompt, .. Random(random, 50)]), 0, i));
        }

        uint[] last = Random(random, 50);
        Assert.Null(index.FindOrAdd(Sorted([.. prompt, .. last]), 0, 20_000));
        Assert.Equal(20_000, index.FindOrAdd(Sorted([.. prompt, .. last[5..]]), 0, 0)!.Value.Line);
    }

    /// <summary>
    /// Rows of 25 to 60 words, some after one system prompt; three in ten are an earlier row with some words changed, from one
    /// to half of them.
    /// </summary>
    private static string[] Texts(int rows)
    {
        Random random = new(20261129);
        string Word() => "w" + random.Next(300).ToString(CultureInfo.InvariantCulture);
        string[] prompt = [.. Enumerable.Range(0, 12).Select(_ => Word())];
        List<string[]> texts = [];
        for (int row = 0; row < rows; row++)
        {
            if (row > 0 && random.Next(10) < 3)
            {
                string[] copy = [.. texts[random.Next(Math.Max(0, row - 500), row)]];
                for (int changes = 1 + random.Next(copy.Length / 8); changes > 0; changes--)
                {
                    copy[random.Next(copy.Length)] = Word();
                }

                texts.Add(copy);
                continue;
            }

            string[] words = [.. Enumerable.Range(0, 25 + random.Next(36)).Select(_ => Word())];
            texts.Add(random.Next(10) == 0 ? [.. prompt, .. words] : words);
        }

        return [.. texts.Select(words => string.Join(' ', words)).Distinct()];
    }

    /// <summary>The rows that are similar to a row kept before, and the most similar of those, by an inverted index.</summary>
    private static List<(int Row, int Of)> Join(string[] texts, double threshold)
    {
        List<(int, int)> found = [];
        List<int> sizes = [];
        Dictionary<string, List<int>> rows = new(StringComparer.Ordinal);
        for (int row = 0; row < texts.Length; row++)
        {
            HashSet<string> triples = Triples(texts[row]);
            sizes.Add(triples.Count);
            int best = triples
                .SelectMany(triple => rows.GetValueOrDefault(triple) ?? [])
                .GroupBy(other => other)
                .Select(shared => (shared.Key, Jaccard: Jaccard(shared.Count(), triples.Count, sizes[shared.Key])))
                .Where(other => other.Jaccard >= threshold)
                .OrderByDescending(other => other.Jaccard)
                .ThenBy(other => other.Key)
                .Select(other => other.Key)
                .FirstOrDefault(-1);
            if (best >= 0)
            {
                found.Add((row, best));
                continue;
            }

            foreach (string triple in triples)
            {
                (rows.TryGetValue(triple, out List<int>? list) ? list : rows[triple] = []).Add(row);
            }
        }

        return found;
    }

    private static HashSet<string> Triples(string text)
    {
        string[] words = text.Split(' ');
        return [.. Enumerable.Range(0, words.Length - Words + 1).Select(i => string.Join(' ', words[i..(i + Words)]))];
    }

    private static double Jaccard(int shared, int one, int other) => (double)shared / (one + other - shared);

    private List<(int Row, int Of)> Found(string[] texts, double threshold)
    {
        string path = _folder.Write(
            "a.jsonl",
            string.Join(
                '\n',
                texts.Select(text =>
                    $$"""{"messages":[{"role":"user","content":"{{text}}"},{"role":"assistant","content":"yes"}]}"""
                )
            )
        );
        List<(int, int)> found = [];
        ValidationOptions options = new() { Duplicates = DuplicateMode.All, Similarity = threshold };
        void Receive(Finding finding)
        {
            if (finding.Code == "MTT502")
            {
                int of = int.Parse(
                    finding.Message[(finding.Message.LastIndexOf(':') + 1)..],
                    CultureInfo.InvariantCulture
                );
                found.Add(((int)finding.Line - 1, of - 1));
            }
        }

        new Validator(options, Receive).Run([path]);
        return found;
    }

    private static uint[] Random(Random random, int count) =>
        Sorted([.. Enumerable.Range(0, count).Select(_ => (uint)random.NextInt64(1L << 32))]);

    /// <summary>A row with some of its triples replaced.</summary>
    private static uint[] Changed(Random random, uint[] row, double share) =>
        Sorted([.. row.Where(_ => random.NextDouble() >= share), .. Random(random, (int)(row.Length * share))]);

    private static uint[] Sorted(uint[] triples) => [.. triples.Distinct().Order()];
}
