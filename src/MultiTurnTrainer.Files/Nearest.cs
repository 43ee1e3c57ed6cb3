namespace MultiTurnTrainer.Files;

/// <summary>Finds the word that a misspelling means.</summary>
public static class Nearest
{
    /// <summary>The nearest known word within two edits, and less than half of its letters; null when none is.</summary>
    public static string? To(string word, IEnumerable<string> known)
    {
        if (word.Length is 0 or > 40)
        {
            return null;
        }

        (string? best, int distance) = (null, 3);
        foreach (string candidate in known)
        {
            int edits = Edits(word, candidate);
            if (edits < distance && edits * 2 < candidate.Length)
            {
                (best, distance) = (candidate, edits);
            }
        }

        return best;
    }

    private static int Edits(string one, string other)
    {
        int[] before = [.. Enumerable.Range(0, other.Length + 1)];
        int[] row = new int[other.Length + 1];
        for (int i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int replace = before[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(before[j], row[j - 1]) + 1);
            }

            (before, row) = (row, before);
        }

        return before[^1];
    }
}
