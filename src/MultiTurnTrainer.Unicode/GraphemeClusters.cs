namespace MultiTurnTrainer.Unicode;

/// <summary>
/// Extended grapheme clusters (UAX 29), as far as clusters of under six bytes can show: no Hangul, flag or emoji
/// sequences, whose clusters are longer.
/// </summary>
public static class GraphemeClusters
{
    private static readonly CodePointSet Extending = UnicodeData.Set("grapheme_extending");
    private static readonly CodePointSet Prepend = UnicodeData.Set("grapheme_prepend");
    private static readonly CodePointSet Control = UnicodeData
        .Set("gc_Cc")
        .Union(UnicodeData.Set("gc_Cf"))
        .Union(UnicodeData.Set("gc_Zl"))
        .Union(UnicodeData.Set("gc_Zp"))
        .Union(UnicodeData.Set("gc_Cn").Intersect(UnicodeData.Set("p_Default_Ignorable_Code_Point")))
        .Intersect(Extending.Union(Prepend).Complement());

    /// <summary>Where the cluster that begins at a position ends.</summary>
    public static int EndOf(ReadOnlySpan<byte> text, int at)
    {
        int scalar = Utf8.Decode(text, at, out int length);
        at += length;
        if (scalar == '\r' && at < text.Length && text[at] == '\n')
        {
            return at + 1;
        }

        while (at < text.Length && !IsControl(scalar))
        {
            bool prepends = scalar >= 0x600 && Prepend.Contains(scalar);
            scalar = Utf8.Decode(text, at, out length);
            bool joins = prepends ? !IsControl(scalar) : scalar >= 0x300 && Extending.Contains(scalar);
            if (!joins)
            {
                break;
            }

            at += length;
        }

        return at;
    }

    private static bool IsControl(int scalar) => scalar < 0x7F ? scalar < 0x20 : Control.Contains(scalar);
}
