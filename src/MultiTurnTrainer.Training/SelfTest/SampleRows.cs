using MultiTurnTrainer.Training.Rows;

namespace MultiTurnTrainer.Training.SelfTest;

/// <summary>Ragged rows of random tokens: several turns, some weights, one row without a label, one of a single token.</summary>
internal static class SampleRows
{
    /// <summary>Makes rows, the same for the same arguments.</summary>
    public static IReadOnlyList<TokenRow> Make(int count, int vocabulary, int longest, int seed)
    {
        SeededRandom random = new(seed, stream: 0x5E1F);
        return [.. Enumerable.Range(0, count).Select(number => MakeRow(random, number, vocabulary, longest))];
    }

    private static TokenRow MakeRow(SeededRandom random, int number, int vocabulary, int longest)
    {
        int length = number == 1 ? 1 : 3 + random.Below(longest - 3);
        int[] ids = new int[length];
        int[] labels = new int[length];
        bool supervised = false;
        for (int t = 0; t < length; t++)
        {
            ids[t] = random.Below(vocabulary);
            supervised = random.Below(5) == 0 ? !supervised : supervised;
            labels[t] = supervised && number != 2 ? ids[t] : TokenRow.Unsupervised;
        }

        return new TokenRow($"row {number}", ids, labels);
    }
}
