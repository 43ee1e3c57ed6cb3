using MultiTurnTrainer.Tokenizers;
using MultiTurnTrainer.Unicode;
using Encoding = MultiTurnTrainer.Tokenizers.Encoding;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Holds the bytes that tokens stand for against their offsets in code points.</summary>
internal static class Places
{
    /// <summary>The offsets that follow from the bytes: a part of a scalar stands for all of it.</summary>
    public static IEnumerable<TokenOffset> Offsets(string text, TokenSpans spans)
    {
        byte[] utf8 = Utf8.GetBytes(text);
        for (int i = 0; i < spans.Count; i++)
        {
            int start = spans.Starts[i];
            bool isInside = start < utf8.Length && (utf8[start] & 0xC0) == 0x80;
            yield return new TokenOffset(
                Utf8.Count(utf8.AsSpan(0, start)) - (isInside ? 1 : 0),
                Utf8.Count(utf8.AsSpan(0, spans.Ends[i]))
            );
        }
    }

    /// <summary>
    /// Whether tokens and places are those of an encoding, blanks aside: places leave out those that an added token takes,
    /// offsets those that a post-processor trims.
    /// </summary>
    public static bool Agree(string text, TokenSpans spans, Encoding encoding)
    {
        System.Text.Rune[] scalars = [.. text.EnumerateRunes()];
        bool AreBlank(int one, int other) =>
            scalars[Math.Min(one, other)..Math.Max(one, other)].All(System.Text.Rune.IsWhiteSpace);
        return encoding.Ids.AsSpan().SequenceEqual(spans.Ids)
            && Offsets(text, spans)
                .Zip(encoding.Offsets)
                .All(pair =>
                    AreBlank(pair.First.Start, pair.Second.Start) && AreBlank(pair.First.End, pair.Second.End)
                );
    }
}
