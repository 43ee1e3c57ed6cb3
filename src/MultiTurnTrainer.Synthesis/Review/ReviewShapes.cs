using MultiTurnTrainer.Synthesis.Replies;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>The form of every role's reply.</summary>
internal static class ReviewShapes
{
    public static ReplyShape Respond { get; } = new([new("respond", "your answer")]);

    public static ReplyShape Ask { get; } =
        new([
            new("ask", "your question"),
            new("direction", "breadth or depth", Required: false, Choices: ["breadth", "depth"]),
        ]);

    public static ReplyShape Decide { get; } =
        new([
            new("decide", "accept or revise", Choices: ["accept", "revise"]),
            new("instruct", "what to change, when you decide revise", Required: false),
        ]);

    public static ReplyShape Criticize(ReviewerSettings reviewer, bool scores)
    {
        List<ReplyField> fields =
        [
            new("criticize", "your criticism"),
            new("verdict", "sufficient or insufficient", Required: false, Choices: ["sufficient", "insufficient"]),
        ];
        if (scores)
        {
            fields.Add(
                new("scores", $"{string.Join(", ", reviewer.Criteria.Select(name => $"{name}=N"))}, N from 1 to 10")
            );
        }

        return new ReplyShape(fields);
    }

    /// <summary>Reads <c>accuracy=7, depth=5</c>; null where a criterion is missing or out of range.</summary>
    public static IReadOnlyDictionary<string, double>? ReadScores(string text, IReadOnlyList<string> criteria)
    {
        Dictionary<string, double> scores = new(StringComparer.Ordinal);
        foreach (string part in text.Split([',', ';', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            int at = part.IndexOfAny(['=', ':']);
            if (
                at > 0
                && criteria.FirstOrDefault(name => name.Equals(part[..at].Trim(), StringComparison.OrdinalIgnoreCase))
                    is { } name
                && double.TryParse(
                    part[(at + 1)..].Trim().Split('/')[0],
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out double score
                )
                && score is >= 1 and <= 10
            )
            {
                scores[name] = score;
            }
        }

        return scores.Count == criteria.Distinct(StringComparer.OrdinalIgnoreCase).Count() ? scores : null;
    }
}
