using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>Turns matches and gaps into pieces.</summary>
internal static class Splitter
{
    /// <summary>Adds the pieces; empty ones are left out.</summary>
    public static void Split(PieceText text, List<TextMatch> matches, SplitBehavior behavior, List<Piece> target)
    {
        switch (behavior)
        {
            case SplitBehavior.Isolated:
                foreach (TextMatch match in matches)
                {
                    Add(text, match.Start, match.End, target);
                }

                break;
            case SplitBehavior.Removed:
                foreach (TextMatch match in matches)
                {
                    if (!match.IsMatch)
                    {
                        Add(text, match.Start, match.End, target);
                    }
                }

                break;
            case SplitBehavior.Contiguous:
                Merge(text, matches, target, static (previous, match) => match == previous);
                break;
            case SplitBehavior.MergedWithPrevious:
                Merge(text, matches, target, static (previous, match) => match && !previous);
                break;
            default:
                MergeWithNext(text, matches, target);
                break;
        }
    }

    // Joins a range to the one before it where the rule says so; the state before the first range is "no match".
    private static void Merge(PieceText text, List<TextMatch> matches, List<Piece> target, Func<bool, bool, bool> joins)
    {
        bool previous = false;
        int start = -1;
        int end = 0;
        foreach (TextMatch match in matches)
        {
            if (start >= 0 && !joins(previous, match.IsMatch))
            {
                Add(text, start, end, target);
                start = -1;
            }

            start = start < 0 ? match.Start : start;
            end = match.End;
            previous = match.IsMatch;
        }

        if (start >= 0)
        {
            Add(text, start, end, target);
        }
    }

    private static void MergeWithNext(PieceText text, List<TextMatch> matches, List<Piece> target)
    {
        List<TextMatch> joined = [];
        bool following = false;
        for (int i = matches.Count - 1; i >= 0; i--)
        {
            TextMatch match = matches[i];
            if (match.IsMatch && !following && joined.Count > 0)
            {
                joined[^1] = joined[^1] with { Start = match.Start };
            }
            else
            {
                joined.Add(match);
            }

            following = match.IsMatch;
        }

        for (int i = joined.Count - 1; i >= 0; i--)
        {
            Add(text, joined[i].Start, joined[i].End, target);
        }
    }

    private static void Add(PieceText text, int start, int end, List<Piece> target)
    {
        if (end > start)
        {
            target.Add(text.Slice(start, end - start));
        }
    }
}
