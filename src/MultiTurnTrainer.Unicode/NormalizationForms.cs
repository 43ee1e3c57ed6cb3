namespace MultiTurnTrainer.Unicode;

/// <summary>One scalar of a rewritten text, and how it came about.</summary>
/// <param name="Scalar">The scalar.</param>
/// <param name="Change">0: stands for one source scalar; 1: inserted; −n: stands for one and swallows n more.</param>
public readonly record struct ScalarChange(int Scalar, int Change);

/// <summary>
/// NFC, NFD, NFKC and NFKD with the tables of Unicode 9.0, as HuggingFace's library has them, reporting for every scalar
/// which source scalars it stands for.
/// </summary>
public static class NormalizationForms
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    // Below U+0300 every scalar is stable.
    private const byte FirstUnstableLead = 0xCC;

    private static readonly byte[] CombiningClasses = BuildClasses();

    /// <summary>Non-zero for scalars that may make NFC change a text: marks, second halves, excluded composites.</summary>
    private static readonly byte[] Unstable = BuildUnstable();

    /// <summary>The canonical combining class.</summary>
    public static int CombiningClass(int scalar) => scalar < CombiningClasses.Length ? CombiningClasses[scalar] : 0;

    /// <summary>Whether NFC surely leaves the text as it is. False means only "may change it".</summary>
    public static bool IsSurelyNfc(ReadOnlySpan<byte> text) => NextUnstable(text, 0, out _) < 0;

    /// <summary>
    /// The next part that NFC may change: a run of unstable scalars with the stable one before it, which they may join.
    /// What lies between such parts stays as it is.
    /// </summary>
    /// <returns>Where the part begins, or −1.</returns>
    public static int NextUnstable(ReadOnlySpan<byte> text, int from, out int end)
    {
        int at = from;
        end = text.Length;
        while (true)
        {
            if (at == text.Length || text[at] < FirstUnstableLead)
            {
                int next = text[at..].IndexOfAnyInRange(FirstUnstableLead, (byte)0xFF);
                if (next < 0)
                {
                    return -1;
                }

                at += next;
            }

            if (IsUnstable(text, at, out int length))
            {
                break;
            }

            at += length;
        }

        int start = at > from ? Utf8.Before(text, at) : at;
        while (at < text.Length && IsUnstable(text, at, out int length))
        {
            at += length;
        }

        end = at;
        return start;
    }

    private static bool IsUnstable(ReadOnlySpan<byte> text, int at, out int length)
    {
        int scalar = Utf8.Decode(text, at, out length);
        return scalar < Unstable.Length && Unstable[scalar] != 0;
    }

    /// <summary>Appends the (canonical or compatibility) decomposition, in canonical order.</summary>
    public static void Decompose(ReadOnlySpan<byte> text, bool compatibility, List<ScalarChange> output)
    {
        int pending = output.Count;
        for (int at = 0; at < text.Length; )
        {
            int scalar = Utf8.Decode(text, at, out int length);
            at += length;
            int first = output.Count;
            DecomposeScalar(scalar, compatibility, output);
            for (int i = first; i < output.Count; i++)
            {
                if (CombiningClass(output[i].Scalar) == 0)
                {
                    Sort(output, pending, i);
                    pending = i;
                }
            }
        }

        Sort(output, pending, output.Count);
    }

    /// <summary>Composes a decomposed text.</summary>
    /// <param name="source">The decomposed scalars.</param>
    /// <param name="output">Where the composed ones go.</param>
    /// <param name="held">A list to work with.</param>
    public static void Compose(List<ScalarChange> source, List<ScalarChange> output, List<ScalarChange> held)
    {
        held.Clear();
        ScalarChange? composee = null;
        int lastClass = -1;
        foreach (ScalarChange next in source)
        {
            int combining = CombiningClass(next.Scalar);
            if (composee is not { } head)
            {
                if (combining != 0)
                {
                    output.Add(next);
                }
                else
                {
                    composee = next;
                }

                continue;
            }

            bool blocked = lastClass >= combining && lastClass >= 0;
            if (!blocked && Composed(head.Scalar, next.Scalar) is { } composed)
            {
                composee = new ScalarChange(composed, head.Change + next.Change - 1);
                continue;
            }

            if (combining == 0)
            {
                output.Add(head);
                output.AddRange(held);
                held.Clear();
                composee = next;
                lastClass = -1;
                continue;
            }

            held.Add(next);
            lastClass = combining;
        }

        if (composee is { } last)
        {
            output.Add(last);
        }

        output.AddRange(held);
    }

    private static void DecomposeScalar(int scalar, bool compatibility, List<ScalarChange> output)
    {
        if (scalar < 0x80)
        {
            output.Add(new ScalarChange(scalar, 0));
            return;
        }

        int syllable = scalar - HangulBase;
        if ((uint)syllable < SyllableCount)
        {
            output.Add(new ScalarChange(LeadBase + syllable / (VowelCount * TailCount), 0));
            output.Add(new ScalarChange(VowelBase + syllable % (VowelCount * TailCount) / TailCount, 1));
            if (syllable % TailCount > 0)
            {
                output.Add(new ScalarChange(TailBase + syllable % TailCount, 1));
            }

            return;
        }

        if (
            (compatibility && UnicodeData.Compatibility.TryGetValue(scalar, out int[]? parts))
            || UnicodeData.Canonical.TryGetValue(scalar, out parts)
        )
        {
            for (int i = 0; i < parts.Length; i++)
            {
                output.Add(new ScalarChange(parts[i], i == 0 ? 0 : 1));
            }

            return;
        }

        output.Add(new ScalarChange(scalar, 0));
    }

    // Stable insertion sort by combining class of output[start..end].
    private static void Sort(List<ScalarChange> output, int start, int end)
    {
        Span<ScalarChange> run = CollectionsMarshal.AsSpan(output)[start..end];
        for (int i = 1; i < run.Length; i++)
        {
            ScalarChange moved = run[i];
            int combining = CombiningClass(moved.Scalar);
            int j = i;
            for (; j > 0 && CombiningClass(run[j - 1].Scalar) > combining; j--)
            {
                run[j] = run[j - 1];
            }

            run[j] = moved;
        }
    }

    private static int? Composed(int first, int second)
    {
        int lead = first - LeadBase;
        int vowel = second - VowelBase;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
        {
            return HangulBase + (lead * VowelCount + vowel) * TailCount;
        }

        int syllable = first - HangulBase;
        int tail = second - TailBase;
        if ((uint)syllable < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
        {
            return first + tail;
        }

        return UnicodeData.Compositions.TryGetValue(((long)first << 32) | (uint)second, out int composed)
            ? composed
            : null;
    }

    private static byte[] BuildClasses()
    {
        byte[] classes = new byte[0x20000];
        foreach (string name in UnicodeData.Names)
        {
            if (name.StartsWith("ccc_", StringComparison.Ordinal))
            {
                byte value = byte.Parse(name.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture);
                ReadOnlySpan<int> bounds = UnicodeData.Set(name).Bounds;
                for (int i = 0; i < bounds.Length; i += 2)
                {
                    classes.AsSpan(bounds[i], bounds[i + 1] - bounds[i]).Fill(value);
                }
            }
        }

        return classes;
    }

    private static byte[] BuildUnstable()
    {
        byte[] unstable = new byte[0x30000];
        for (int c = 0; c < CombiningClasses.Length; c++)
        {
            unstable[c] = CombiningClasses[c];
        }

        HashSet<int> composed = [.. UnicodeData.Compositions.Values];
        foreach (int c in UnicodeData.Canonical.Keys)
        {
            if (!composed.Contains(c))
            {
                unstable[c] = 1;
            }
        }

        foreach (long pair in UnicodeData.Compositions.Keys)
        {
            unstable[(int)pair] = 1;
        }

        unstable.AsSpan(VowelBase, VowelCount).Fill(1);
        unstable.AsSpan(TailBase + 1, TailCount - 1).Fill(1);
        return unstable;
    }
}
