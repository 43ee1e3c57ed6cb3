using System.Buffers;
using System.Text;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>
/// Finds some words in UTF-8 text. Each word is looked for by its byte that text has least often, so that the vectorised
/// search stops seldom.
/// </summary>
internal sealed class TextSearch
{
    // Common first. What is not listed (capitals, brackets, signs) is rarer than all of these.
    private static ReadOnlySpan<byte> Common => " etaoinsrhldcumfpgwybv,.kISTAC-0123456789xjqz/:;'\"()<>="u8;

    private readonly SearchValues<byte> _anchors;
    private readonly (string Text, byte[] Bytes, int Anchor)[][] _byAnchor = new (string, byte[], int)[256][];

    public TextSearch(IEnumerable<string> words)
    {
        (string Text, byte[] Bytes, int Anchor)[] all =
        [
            .. words
                .Where(word => word.Length > 1)
                .Select(word => (word, Encoding.UTF8.GetBytes(word)))
                .Select(word => (word.word, word.Item2, Rarest(word.Item2))),
        ];
        foreach (var group in all.GroupBy(word => word.Bytes[word.Anchor]))
        {
            _byAnchor[group.Key] = [.. group.OrderByDescending(word => word.Bytes.Length)];
        }

        _anchors = SearchValues.Create([.. all.Select(word => word.Bytes[word.Anchor]).Distinct()]);
    }

    /// <summary>The first word found from an offset on, the longest of those that begin alike; null when there is none.</summary>
    /// <param name="text">UTF-8 text.</param>
    /// <param name="from">Where the search begins; the word itself may begin before.</param>
    public (string Word, int At)? Find(ReadOnlySpan<byte> text, int from = 0)
    {
        while (text[from..].IndexOfAny(_anchors) is >= 0 and int found)
        {
            int at = from + found;
            foreach ((string word, byte[] bytes, int anchor) in _byAnchor[text[at]])
            {
                if (at >= anchor && text[at - anchor] == bytes[0] && text[(at - anchor)..].StartsWith(bytes))
                {
                    return (word, at - anchor);
                }
            }

            from = at + 1;
        }

        return null;
    }

    private static int Rarest(byte[] word)
    {
        int best = 0;
        for (int i = 1; i < word.Length; i++)
        {
            best = Rarity(word[i]) > Rarity(word[best]) ? i : best;
        }

        return best;
    }

    private static int Rarity(byte value) => Common.IndexOf(value) is >= 0 and int rank ? rank : Common.Length;
}
