using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>BertNormalizer</c>: cleans, puts spaces around Chinese characters, strips accents, lower-cases.</summary>
internal sealed class BertNormalizer(bool cleanText, bool chineseChars, bool? stripAccents, bool lowercase)
    : INormalizer
{
    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        Step step = new(source, piece);
        if (cleanText)
        {
            step.Apply((s, p, t) => ScalarFilter.Keep(s, p, t, IsKept));
            step.Apply((s, p, t) => ScalarFilter.Map(s, p, t, static c => CharClass.IsWhitespace(c) ? 0x20 : c));
        }

        if (chineseChars)
        {
            step.Apply(SpaceChinese);
        }

        if (stripAccents ?? lowercase)
        {
            step.Apply(Decomposition.Normalize);
            step.Apply((s, p, t) => ScalarFilter.Keep(s, p, t, static c => !Nonspacing.Contains(c)));
        }

        if (lowercase)
        {
            step.Apply(Lowercase.Normalize);
        }

        target.Append(step.Text, step.Piece.Start, step.Piece.Length);
    }

    private static readonly FormNormalizer Decomposition = new(compose: false, compatibility: false);
    private static readonly LowercaseNormalizer Lowercase = new();
    private static readonly CodePointSet Nonspacing = UnicodeData.Set("bert_nonspacing");
    private static readonly CodePointSet Removed = UnicodeData.Set("bert_removed");

    private static bool IsKept(int c) =>
        c < 0x80 ? c is >= 0x20 and not 0x7F or 0x09 or 0x0A or 0x0D : !Removed.Contains(c);

    private static void SpaceChinese(AlignedText source, Piece piece, AlignedText target)
    {
        Rewriter writer = new(source, piece, target);
        for (int at = piece.Start; at < piece.End; )
        {
            int scalar = Utf8.Decode(source.Bytes, at, out int length);
            at += length;
            if (IsChinese(scalar))
            {
                writer.Write(0x20, 0);
                writer.Write(scalar, 1);
                writer.Write(0x20, 1);
            }
            else
            {
                writer.Write(scalar, 0);
            }
        }
    }

    private static bool IsChinese(int c) =>
        c
            is (>= 0x4E00 and <= 0x9FFF)
                or (>= 0x3400 and <= 0x4DBF)
                or (>= 0x20000 and <= 0x2A6DF)
                or (>= 0x2A700 and <= 0x2B73F)
                or (>= 0x2B740 and <= 0x2B81F)
                or (>= 0x2B920 and <= 0x2CEAF)
                or (>= 0xF900 and <= 0xFAFF)
                or (>= 0x2F800 and <= 0x2FA1F);

    private struct Step(AlignedText text, Piece piece)
    {
        public AlignedText Text { get; private set; } = text;

        public Piece Piece { get; private set; } = piece;

        public void Apply(Action<AlignedText, Piece, AlignedText> rewrite)
        {
            AlignedText next = new();
            rewrite(Text, Piece, next);
            Text = next;
            Piece = Piece with { Start = 0, Length = next.Length };
        }
    }
}
