using System.Buffers;
using System.Text;

namespace MultiTurnTrainer.Conversations.Rules;

/// <summary>Finds the first of some words in UTF-8 text. Words that begin alike are tried only where one may begin.</summary>
internal sealed class TextSearch
{
    private readonly SearchValues<byte> _starts;
    private readonly byte[][][] _byStart = new byte[256][][];

    public TextSearch(IEnumerable<string> words)
    {
        byte[][] all = [.. words.Where(word => word.Length > 1).Select(Encoding.UTF8.GetBytes)];
        foreach (IGrouping<byte, byte[]> group in all.GroupBy(word => word[0]))
        {
            _byStart[group.Key] = [.. group.OrderByDescending(word => word.Length)];
        }

        _starts = SearchValues.Create([.. all.Select(word => word[0]).Distinct()]);
    }

    /// <summary>The first word found, or null.</summary>
    public string? Find(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny(_starts) is >= 0 and int at)
        {
            text = text[at..];
            foreach (byte[] word in _byStart[text[0]])
            {
                if (text.StartsWith(word))
                {
                    return Encoding.UTF8.GetString(word);
                }
            }

            text = text[1..];
        }

        return null;
    }
}
