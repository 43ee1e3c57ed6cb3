namespace MultiTurnTrainer.Unicode;

/// <summary>A set of code points as sorted, disjoint ranges. Immutable.</summary>
/// <param name="bounds">First and one-past-last of every range, ascending.</param>
public sealed class CodePointSet(int[] bounds)
{
    /// <summary>One more than the largest code point.</summary>
    public const int End = 0x110000;

    /// <summary>No code point.</summary>
    public static CodePointSet Empty { get; } = new([]);

    /// <summary>First and one-past-last of every range, ascending.</summary>
    public ReadOnlySpan<int> Bounds => bounds;

    /// <summary>The code points from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public static CodePointSet Range(int first, int last) => new([first, last + 1]);

    /// <summary>Whether the code point is a member.</summary>
    public bool Contains(int codePoint)
    {
        int found = Array.BinarySearch(bounds, codePoint);
        return found >= 0 ? (found & 1) == 0 : (~found & 1) == 1;
    }

    /// <summary>The members of either.</summary>
    public CodePointSet Union(CodePointSet other) => Combine(other, static (a, b) => a || b);

    /// <summary>The members of both.</summary>
    public CodePointSet Intersect(CodePointSet other) => Combine(other, static (a, b) => a && b);

    /// <summary>Every code point that is not a member.</summary>
    public CodePointSet Complement() => Combine(Empty, static (a, _) => !a);

    private CodePointSet Combine(CodePointSet other, Func<bool, bool, bool> rule)
    {
        ReadOnlySpan<int> right = other.Bounds;
        List<int> result = [];
        int i = 0;
        int j = 0;
        int at = 0;
        bool inside = false;
        while (true)
        {
            bool now = rule((i & 1) == 1, (j & 1) == 1);
            if (now != inside)
            {
                result.Add(at);
                inside = now;
            }

            int nextLeft = i < bounds.Length ? bounds[i] : End;
            int nextRight = j < right.Length ? right[j] : End;
            at = Math.Min(nextLeft, nextRight);
            if (at >= End)
            {
                break;
            }

            i += nextLeft == at ? 1 : 0;
            j += nextRight == at ? 1 : 0;
        }

        if (inside)
        {
            result.Add(End);
        }

        return new CodePointSet(Merge(result));
    }

    // Drops ranges of no width, which appear where a bound lies at zero.
    private static int[] Merge(List<int> bounds)
    {
        List<int> kept = [];
        for (int i = 0; i + 1 < bounds.Count; i += 2)
        {
            if (bounds[i] == bounds[i + 1])
            {
                continue;
            }

            if (kept.Count > 0 && kept[^1] == bounds[i])
            {
                kept[^1] = bounds[i + 1];
            }
            else
            {
                kept.Add(bounds[i]);
                kept.Add(bounds[i + 1]);
            }
        }

        return [.. kept];
    }
}
