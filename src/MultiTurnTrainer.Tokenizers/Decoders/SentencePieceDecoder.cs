namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary>
/// SentencePiece's decoding: marks become spaces, but for the one put before the text; control pieces vanish, unknown ones
/// show a text of the model; bytes are UTF-8, each invalid one U+FFFD.
/// </summary>
/// <param name="control">The control pieces that show nothing.</param>
/// <param name="bytes">The bytes of byte pieces.</param>
/// <param name="unknown">The unknown piece.</param>
/// <param name="unknownText">What it shows.</param>
/// <param name="hidesFirstMark">Whether a mark at the beginning stands for no space.</param>
/// <param name="hidesLeadingMarks">Whether more than one piece may begin with such a mark.</param>
internal sealed class SentencePieceDecoder(
    IReadOnlySet<string> control,
    IReadOnlyDictionary<string, byte> bytes,
    string unknown,
    string unknownText,
    bool hidesFirstMark,
    bool hidesLeadingMarks
) : ITokenDecoder
{
    private const char Mark = '▁';

    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        StringBuilder text = new();
        List<byte> run = [];
        bool markSeen = false;
        foreach (string part in parts)
        {
            if (bytes.TryGetValue(part, out byte value))
            {
                run.Add(value);
                continue;
            }

            Flush(run, text);
            bool hidden = hidesFirstMark && !markSeen && text.Length == 0 && part.StartsWith(Mark);
            markSeen |= hidden && !hidesLeadingMarks;
            text.Append(
                control.Contains(part) ? ""
                : part == unknown ? unknownText
                : (hidden ? part[1..] : part).Replace(Mark, ' ')
            );
        }

        Flush(run, text);
        return [text.ToString()];
    }

    private static void Flush(List<byte> run, StringBuilder text)
    {
        ReadOnlySpan<byte> rest = [.. run];
        run.Clear();
        while (!rest.IsEmpty)
        {
            bool valid =
                Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            text.Append(rune.ToString());
            rest = rest[(valid ? length : 1)..];
        }
    }
}
