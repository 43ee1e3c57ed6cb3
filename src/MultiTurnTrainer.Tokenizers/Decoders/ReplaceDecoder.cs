using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>Replace</c>: every match of a pattern becomes a literal text.</summary>
internal sealed class ReplaceDecoder(ITextPattern pattern, string content) : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        List<string> result = new(parts.Count);
        List<TextMatch> matches = [];
        foreach (string part in parts)
        {
            byte[] bytes = Utf8.GetBytes(part);
            matches.Clear();
            if (bytes.Length > 0)
            {
                PatternMatches.Find(pattern, bytes, 0, matches);
            }

            StringBuilder replaced = new(part.Length);
            foreach (TextMatch match in matches)
            {
                replaced.Append(
                    match.IsMatch ? content : Utf8.GetString(bytes.AsSpan(match.Start, match.End - match.Start))
                );
            }

            result.Add(replaced.ToString());
        }

        return result;
    }
}
