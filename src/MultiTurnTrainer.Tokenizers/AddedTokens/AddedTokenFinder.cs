// Folder AddedTokens: finds added tokens in a text.
// Refuses to know: how the rest is encoded.
using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.AddedTokens;

/// <summary>A found token: bytes of the text, the whitespace it takes included.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="End">One past the last byte.</param>
/// <param name="Id">The token.</param>
/// <param name="ContentStart">The first byte without the whitespace.</param>
/// <param name="ContentEnd">One past the last byte without the whitespace.</param>
internal readonly record struct AddedTokenMatch(int Start, int End, int Id, int ContentStart, int ContentEnd);

/// <summary>Says whether a match (without the whitespace it takes) may not be a token.</summary>
internal delegate bool MatchFilter(AddedToken token, int start, int end);

/// <summary>Finds a group of added tokens in a text: leftmost, then longest, without overlap.</summary>
internal sealed class AddedTokenFinder
{
    private readonly ByteTrie _trie = new();
    private readonly Dictionary<int, AddedToken> _tokens;
    private readonly SearchValues<byte> _firstBytes;

    /// <summary>Builds the finder.</summary>
    /// <param name="patterns">What to look for, with the ids.</param>
    /// <param name="tokens">The tokens by id.</param>
    public AddedTokenFinder(IReadOnlyCollection<(byte[] Pattern, int Id)> patterns, Dictionary<int, AddedToken> tokens)
    {
        _tokens = tokens;
        foreach ((byte[] pattern, int id) in patterns)
        {
            _trie.Add(pattern, id);
        }

        _firstBytes = SearchValues.Create([.. patterns.Select(p => p.Pattern[0]).Distinct()]);
    }

    /// <summary>Adds all matches in order.</summary>
    public void Find(ReadOnlySpan<byte> text, MatchFilter? isForbidden, List<AddedTokenMatch> matches)
    {
        int covered = 0;
        StepLimit limit = new(text.Length);
        for (int at = 0; at < text.Length; )
        {
            int candidate = text[at..].IndexOfAny(_firstBytes);
            if (candidate < 0)
            {
                return;
            }

            at += candidate;
            int id = _trie.Longest(text[at..], out int length, ref limit);
            if (id < 0)
            {
                at++;
                continue;
            }

            AddedToken token = _tokens[id];
            int start = at;
            int end = at + length;
            at = end;
            (int contentStart, int contentEnd) = (start, end);
            // A match that is turned down is not tried again with a shorter token.
            if (isForbidden is not null && isForbidden(token, start, end))
            {
                continue;
            }

            if (token.SingleWord && !StandsAlone(text, start, end))
            {
                continue;
            }

            if (token.StripLeft)
            {
                // Never into the match before; that one may reach beyond this start by its own whitespace.
                start = Math.Max(SkipSpaceLeft(text, start), covered);
            }

            if (token.StripRight)
            {
                end = SkipSpaceRight(text, end);
            }

            if (start < end)
            {
                matches.Add(new AddedTokenMatch(start, end, id, contentStart, contentEnd));
            }

            covered = end;
        }
    }

    private static bool StandsAlone(ReadOnlySpan<byte> text, int start, int end)
    {
        bool left = start == 0 || !WordCharacters.Contains(Utf8.Decode(text, Utf8.Before(text, start), out _));
        bool right = end == text.Length || !WordCharacters.Contains(Utf8.Decode(text, end, out _));
        return left && right;
    }

    private static int SkipSpaceLeft(ReadOnlySpan<byte> text, int start)
    {
        while (start > 0)
        {
            int before = Utf8.Before(text, start);
            if (!CharClass.IsWhitespace(Utf8.Decode(text, before, out _)))
            {
                break;
            }

            start = before;
        }

        return start;
    }

    private static int SkipSpaceRight(ReadOnlySpan<byte> text, int end)
    {
        while (end < text.Length && CharClass.IsWhitespace(Utf8.Decode(text, end, out int length)))
        {
            end += length;
        }

        return end;
    }
}
