namespace MultiTurnTrainer.Sessions.Statistics;

/// <summary>How a text is worded, as counts of three letters in a row: enough to tell a change of tone, language or form, and of no topic in particular.</summary>
public static class AnswerStyle
{
    private const int Bins = 512;
    private const int Letters = 3;

    /// <summary>The counts of a text.</summary>
    public static float[] Counts(string text)
    {
        float[] counts = new float[Bins];
        for (int i = 0; i + Letters <= text.Length; i++)
        {
            uint hash = 0;
            foreach (char letter in text.AsSpan(i, Letters))
            {
                hash = (hash * 2654435761) + char.ToLowerInvariant(letter);
            }

            // The upper bits of a product depend on all of it.
            counts[(hash * 2246822519) >> 23]++;
        }

        return counts;
    }

    /// <summary>Adds counts to others.</summary>
    public static void Add(float[] sum, float[] counts)
    {
        for (int i = 0; i < Bins; i++)
        {
            sum[i] += counts[i];
        }
    }

    /// <summary>1 less the cosine: 0 for the same wording, 1 for nothing in common; 0 where one is empty.</summary>
    public static double Distance(float[] one, float[] other)
    {
        (double dot, double left, double right) = (0, 0, 0);
        for (int i = 0; i < Bins; i++)
        {
            dot += (double)one[i] * other[i];
            left += (double)one[i] * one[i];
            right += (double)other[i] * other[i];
        }

        return left == 0 || right == 0 ? 0 : Math.Clamp(1 - (dot / Math.Sqrt(left * right)), 0, 1);
    }
}
