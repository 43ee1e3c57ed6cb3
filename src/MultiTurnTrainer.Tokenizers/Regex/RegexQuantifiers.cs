namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>
/// Reads what follows an atom: <c>* + ?</c> with <c>?</c> (lazy) or <c>+</c> (possessive) behind, and intervals.
/// <c>{n,m}+</c> repeats a group instead of being possessive, <c>{,n}</c> is an interval.
/// </summary>
internal static class RegexQuantifiers
{
    /// <summary>The atom with all quantifiers behind it.</summary>
    /// <param name="pattern">Stands behind the atom.</param>
    /// <param name="body">The atom.</param>
    /// <param name="extended">Whether blanks and comments may stand between.</param>
    public static RegexNode Apply(PatternReader pattern, RegexNode body, bool extended)
    {
        while (true)
        {
            if (extended && pattern.TakeBlank())
            {
                continue;
            }

            if (Simple(pattern, out int min, out int max))
            {
                RejectAssertion(pattern, body);
                RepeatMode mode =
                    pattern.Take('+') ? RepeatMode.Possessive
                    : pattern.Take('?') ? RepeatMode.Lazy
                    : RepeatMode.Greedy;
                body = new RegexNode.Repeat(body, min, max, mode);
            }
            else if (Interval(pattern, out min, out max))
            {
                RejectAssertion(pattern, body);
                bool question = pattern.Take('?');
                // Ruby reads x{n}? as (?:x{n})?
                body =
                    question && min == max
                        ? new RegexNode.Repeat(
                            new RegexNode.Repeat(body, min, max, RepeatMode.Greedy),
                            0,
                            1,
                            RepeatMode.Greedy
                        )
                        : new RegexNode.Repeat(body, min, max, question ? RepeatMode.Lazy : RepeatMode.Greedy);
            }
            else
            {
                return body;
            }
        }
    }

    private static void RejectAssertion(PatternReader pattern, RegexNode body)
    {
        if (body is RegexNode.Assert)
        {
            throw pattern.Error("target of repeat operator is invalid");
        }
    }

    private static bool Simple(PatternReader pattern, out int min, out int max)
    {
        int sign = pattern.TakeAny("*+?");
        (min, max) = sign switch
        {
            '*' => (0, -1),
            '+' => (1, -1),
            _ => (0, 1),
        };
        return sign >= 0;
    }

    // {n} {n,} {n,m} {,m}; anything else is literal text.
    private static bool Interval(PatternReader pattern, out int min, out int max)
    {
        int from = 0;
        int to = -1;
        bool read = pattern.Try(() =>
        {
            if (!pattern.Take('{'))
            {
                return false;
            }

            bool hasMin = pattern.Number(out from);
            if (!pattern.Take(','))
            {
                to = from;
                return hasMin && pattern.Take('}');
            }

            bool hasMax = pattern.Number(out to);
            to = hasMax ? to : -1;
            return (hasMin || hasMax) && pattern.Take('}');
        });
        (min, max) = (from, to);
        return !read || max < 0 || min <= max ? read : throw pattern.Error("invalid repeat range {lower,upper}");
    }
}
