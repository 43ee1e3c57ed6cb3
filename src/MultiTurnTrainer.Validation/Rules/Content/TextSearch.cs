using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>
/// Finds some words in UTF-8 text. Each word is looked for by three bytes of it that text has least often, so that the
/// vectorised search stops seldom.
/// </summary>
internal sealed class TextSearch
{
    private const int Triple = 3;

    // Common first. What is not listed (capitals, brackets, signs) is rarer than all of these.
    private static ReadOnlySpan<byte> Common => " etaoinsrhldcumfpgwybv,.kISTAC-0123456789xjqz/:;'\"()<>="u8;

    private readonly ByteTriples _triples;
    private readonly (string Text, byte[] Bytes, int Triple)[] _longestFirst;
    private readonly (string Text, byte[] Bytes, int Triple)[]?[] _byFirst = new (string, byte[], int)[]?[256];

    public TextSearch(IEnumerable<string> words)
    {
        _longestFirst =
        [
            .. words
                .Where(word => word.Length > 1)
                .Select(word => (word, Encoding.UTF8.GetBytes(word)))
                .Select(word => (word.word, word.Item2, RarestTriple(word.Item2)))
                .OrderByDescending(word => word.Item2.Length),
        ];
        List<(byte, byte[][])> patterns = [];
        foreach (var group in _longestFirst.GroupBy(word => word.Bytes[word.Triple]))
        {
            byte bit = (byte)(1 << (patterns.Count % 8));
            patterns.AddRange(
                group.Select(word =>
                    (bit, word.Bytes.Skip(word.Triple).Take(Triple).Select(value => new[] { value }).ToArray())
                )
            );
            _byFirst[group.Key] = [.. group];
        }

        _triples = new ByteTriples(patterns);
    }

    /// <summary>The first word found from an offset on, the longest of those that begin alike; null when there is none.</summary>
    /// <param name="text">UTF-8 text.</param>
    /// <param name="from">Where the search begins; the word itself may begin before.</param>
    public (string Word, int At)? Find(ReadOnlySpan<byte> text, int from = 0)
    {
        for (int at = from; (at = _triples.Next(text, at)) >= 0; at++)
        {
            foreach ((_, byte[] bytes, int triple) in _byFirst[text[at]] ?? [])
            {
                if (at >= triple && text[(at - triple)..].StartsWith(bytes))
                {
                    return (Longest(text[(at - triple)..]), at - triple);
                }
            }
        }

        return null;
    }

    private string Longest(ReadOnlySpan<byte> text)
    {
        int i = 0;
        while (!text.StartsWith(_longestFirst[i].Bytes))
        {
            i++;
        }

        return _longestFirst[i].Text;
    }

    private static int RarestTriple(byte[] word)
    {
        int best = 0;
        for (int i = 1; i + Triple <= word.Length; i++)
        {
            best = Rarity(word, i) > Rarity(word, best) ? i : best;
        }

        return best;
    }

    private static int Rarity(byte[] word, int triple) => word.Skip(triple).Take(Triple).Sum(Rarity);

    private static int Rarity(byte value) => Common.IndexOf(value) is >= 0 and int rank ? rank : Common.Length;
}
