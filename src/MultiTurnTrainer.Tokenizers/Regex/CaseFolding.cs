namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>
/// Scalars that are equal without regard to case: those with one lower-case form, and the pairs that Unicode's simple
/// case folding adds to them.
/// </summary>
internal static class CaseFolding
{
    // Folded form first, then what folds to it although lower-casing does not bring them together.
    private static readonly int[][] Extra =
    [
        ['s', 0x17F],
        [0xDF, 0x1E9E],
        [0x3BC, 0xB5],
        [0x3C3, 0x3C2],
        [0x3B2, 0x3D0],
        [0x3B8, 0x3D1, 0x3F4],
        [0x3C6, 0x3D5],
        [0x3C0, 0x3D6],
        [0x3BA, 0x3F0],
        [0x3C1, 0x3F1],
        [0x3B5, 0x3F5],
        [0x3B9, 0x345, 0x1FBE],
        [0x1E61, 0x1E9B],
        [0x432, 0x1C80],
        [0x434, 0x1C81],
        [0x43E, 0x1C82],
        [0x441, 0x1C83],
        [0x442, 0x1C84, 0x1C85],
        [0x44A, 0x1C86],
        [0x463, 0x1C87],
        [0xA64B, 0x1C88],
        [0x1C5, 0x1C4, 0x1C6],
        [0x1C8, 0x1C7, 0x1C9],
        [0x1CB, 0x1CA, 0x1CC],
        [0x1F2, 0x1F1, 0x1F3],
    ];

    private static readonly Dictionary<int, int[]> Others = Build();

    /// <summary>The set with everything that equals one of its members.</summary>
    public static CodePointSet Close(CodePointSet set)
    {
        SortedSet<int> added = [];
        foreach ((int scalar, int[] others) in Others)
        {
            if (set.Contains(scalar))
            {
                added.UnionWith(others);
            }
        }

        List<int> bounds = [];
        foreach (int scalar in added)
        {
            if (bounds.Count > 0 && bounds[^1] == scalar)
            {
                bounds[^1]++;
            }
            else
            {
                bounds.Add(scalar);
                bounds.Add(scalar + 1);
            }
        }

        return set.Union(new CodePointSet([.. bounds]));
    }

    private static Dictionary<int, int[]> Build()
    {
        Dictionary<int, int> leader = [];
        int Find(int c)
        {
            while (leader.TryGetValue(c, out int up))
            {
                c = up;
            }

            return c;
        }

        void Join(int a, int b)
        {
            (a, b) = (Find(a), Find(b));
            if (a != b)
            {
                leader[b] = a;
            }
        }

        HashSet<int> members = [];
        foreach ((int upper, int[] lower) in UnicodeData.Lower)
        {
            if (lower.Length == 1)
            {
                Join(lower[0], upper);
                members.Add(lower[0]);
                members.Add(upper);
            }
        }

        foreach (int[] group in Extra)
        {
            foreach (int other in group)
            {
                Join(group[0], other);
                members.Add(other);
            }
        }

        return members
            .GroupBy(Find)
            .SelectMany(g => g.Select(c => (c, Partners: g.Where(o => o != c).ToArray())))
            .ToDictionary(x => x.c, x => x.Partners);
    }
}
