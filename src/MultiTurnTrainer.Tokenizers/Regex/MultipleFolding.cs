namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>
/// Scalars that equal several others without regard to case, such as ß and ss, ﬁ and fi. Oniguruma takes either for the
/// other in texts of a pattern, and what is in a class for its letters.
/// </summary>
internal static class MultipleFolding
{
    private static readonly Dictionary<int, int[]> _folded = Build();

    /// <summary>What matches a text without regard to case, or null when no such scalar is concerned.</summary>
    public static RegexNode? Expand(IReadOnlyList<int> text)
    {
        int[] folded = [.. text.SelectMany(c => _folded.TryGetValue(c, out int[]? letters) ? letters : [c])];
        CodePointSet[] sets = [.. folded.Select(SetOf)];
        List<RegexNode> parts = [];
        bool concerned = false;
        for (int at = 0; at < sets.Length; )
        {
            // Only the longest counts, and none that begins inside it: in ffi that is ﬃ, neither ﬀ nor ﬁ.
            (CodePointSet whole, int length) = WholeAt(sets, at);
            RegexNode[] letters = [.. sets[at..(at + length)].Select(set => new RegexNode.Scalar(set))];
            if (length > 1)
            {
                concerned = true;
                parts.Add(new RegexNode.Alternate([new RegexNode.Concat(letters), new RegexNode.Scalar(whole)]));
            }
            else
            {
                parts.AddRange(letters);
            }

            at += length;
        }

        return !concerned ? null
            : parts.Count == 1 ? parts[0]
            : new RegexNode.Concat(parts);
    }

    /// <summary>What matches a class without regard to case: the class, or the letters of a scalar in it.</summary>
    public static RegexNode Expand(CodePointSet set)
    {
        // Where the class holds the first letter too it matches that one, and the letters are never asked for.
        IEnumerable<RegexNode> letters = _folded
            .Where(entry => set.Contains(entry.Key) && !set.Contains(entry.Value[0]))
            .Select(
                RegexNode (entry) => new RegexNode.Concat([.. entry.Value.Select(c => new RegexNode.Scalar(SetOf(c)))])
            );
        List<RegexNode> branches = [new RegexNode.Scalar(set), .. letters];
        return branches.Count == 1 ? branches[0] : new RegexNode.Alternate(branches);
    }

    // The scalars that equal most letters from a place on, and how many those are; one letter where there are none.
    private static (CodePointSet Whole, int Length) WholeAt(CodePointSet[] sets, int at)
    {
        CodePointSet whole = CodePointSet.Empty;
        int length = 1;
        foreach ((int scalar, int[] letters) in _folded)
        {
            if (
                letters.Length >= length
                && at + letters.Length <= sets.Length
                && letters.Index().All(letter => sets[at + letter.Index].Contains(letter.Item))
            )
            {
                whole = letters.Length > length ? CodePointSet.Empty : whole;
                whole = whole.Union(CodePointSet.Range(scalar, scalar));
                length = letters.Length;
            }
        }

        return (whole, length);
    }

    private static CodePointSet SetOf(int scalar) => CaseFolding.Close(CodePointSet.Range(scalar, scalar));

    private static Dictionary<int, int[]> Build()
    {
        Dictionary<int, int[]> folded = SpecialCasing.Uppers.ToDictionary(
            entry => (int)entry.Key,
            entry =>
                entry.Value.Select(c => UnicodeData.Lower.TryGetValue(c, out int[]? lower) ? lower[0] : c).ToArray()
        );
        folded[0x1E9E] = ['s', 's'];
        folded[0x130] = ['i', 0x307];
        return folded;
    }
}
