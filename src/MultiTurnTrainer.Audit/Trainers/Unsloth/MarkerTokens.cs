namespace MultiTurnTrainer.Audit.Trainers.Unsloth;

/// <summary>The tokens of a marker: those that must stand, and those at its edges that may have merged with their neighbours.</summary>
/// <param name="Core">What must stand.</param>
/// <param name="Left">What may stand before, in order.</param>
/// <param name="Right">What may stand behind.</param>
internal sealed record MarkerTokens(int[] Core, int[] Left, int[] Right)
{
    /// <summary>Finds them; null where no tokens of the marker stay the same.</summary>
    /// <param name="marker">The marker.</param>
    /// <param name="encode">The tokenizer.</param>
    /// <param name="forceMatch">Whether the marker stands as it is; else with more or fewer blanks around it.</param>
    public static MarkerTokens? Of(string marker, Func<string, int[]> encode, bool forceMatch)
    {
        int[] own = encode(marker);
        if (forceMatch)
        {
            return own.Length == 0 ? null : new MarkerTokens(own, [], []);
        }

        List<int[]> variants = [];
        string core = marker.Trim();
        for (int left = 0; left < 3; left++)
        {
            for (int right = 0; right < 3; right++)
            {
                variants.Add(encode(Blanks(marker, 0, left) + core + Blanks(marker, marker.Length - 1, right)));
                variants.Add(encode(new string('\n', left) + core + new string('\n', right)));
            }
        }

        int[] common = LongestCommon(variants);
        int at = common.Length == 0 ? -1 : own.AsSpan().IndexOf(common);
        return at < 0 ? null : new MarkerTokens(common, own[..at], own[(at + common.Length)..]);
    }

    // A marker that begins or ends with a blank is tried with that blank again.
    private static string Blanks(string marker, int at, int count) =>
        marker.Length > 0 && marker[at] is ' ' or '\n' ? new string(marker[at], count) : "";

    private static int[] LongestCommon(List<int[]> lists)
    {
        int[] first = lists.MinBy(list => list.Length)!;
        for (int length = first.Length; length > 0; length--)
        {
            for (int start = 0; start + length <= first.Length; start++)
            {
                int[] part = first[start..(start + length)];
                if (lists.TrueForAll(list => list.AsSpan().IndexOf(part) >= 0))
                {
                    return part;
                }
            }
        }

        return [];
    }
}
