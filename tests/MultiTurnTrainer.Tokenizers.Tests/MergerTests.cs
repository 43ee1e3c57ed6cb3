using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Tokenizers.Fast;
using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Short words merged in registers, against merging by list and heap.</summary>
public sealed class MergerTests
{
    private const int Symbols = 4;
    private const int LongestWord = 40;
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(1000);

    [Fact]
    public void Merge_AnyMergesAndWord_GivesWhatTheListGives() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<int>(),
                seed =>
                {
                    Random random = new(seed);
                    MergeTable table = new(Merges(random));
                    int[] word =
                    [
                        .. Enumerable.Range(0, random.Next(1, LongestWord)).Select(_ => random.Next(Symbols)),
                    ];
                    int[] merged = [.. word];
                    int count = new Merger(table).Merge(merged);
                    return merged.Take(count).SequenceEqual(MergeByList(table, word));
                }
            )
            .Check(Config);

    // Half of them as vocabularies have them, a new token of tokens that are there, the others in any order, a token in
    // several ways.
    private static (int Left, int Right, int Id)[] Merges(Random random)
    {
        Dictionary<(int, int), int> ids = [];
        int count = random.Next(1, 24);
        bool orderly = random.Next(2) == 0;
        while (ids.Count < count)
        {
            int known = Symbols + (orderly ? ids.Count : count);
            (int, int) pair = (random.Next(known), random.Next(known));
            ids.TryAdd(pair, Symbols + (orderly ? ids.Count : random.Next(count)));
        }

        return [.. ids.Select(merge => (merge.Key.Item1, merge.Key.Item2, merge.Value))];
    }

    private static List<int> MergeByList(MergeTable table, int[] symbols)
    {
        BpeWord word = new();
        foreach (int symbol in symbols)
        {
            word.Add(symbol, 1);
        }

        word.Merge(table);
        List<int> ids = [];
        for (int i = word.First; i >= 0; i = word.Next(i))
        {
            ids.Add(word.IdOf(i));
        }

        return ids;
    }
}
