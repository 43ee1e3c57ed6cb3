namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>
/// GSM8K: the last number of the reply equals the number after <c>####</c>. Thousands separators and currency signs are
/// ignored, and numbers are compared as numbers, so that <c>$100.00</c> is 100 (the released normaliser makes it 1).
/// </summary>
public sealed class MathVerifier : IVerifier
{
    /// <inheritdoc/>
    public bool IsCorrect(ShardedTask task, string reply) =>
        Gold(task) is { } gold && LastNumber(reply) is { } said && said == gold;

    /// <summary>The reply holds a number.</summary>
    public bool IsAttempt(ShardedTask task, string reply) => LastNumber(reply) is not null;

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => (Gold(task) ?? 0).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string WrongAnswer(ShardedTask task) => ((Gold(task) ?? 0) + 1).ToString(CultureInfo.InvariantCulture);

    internal static decimal? LastNumber(string text)
    {
        decimal? last = null;
        StringBuilder digits = new();
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            bool digitFollows = i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);
            if (
                char.IsAsciiDigit(c)
                || (c == '.' && digits.Length > 0 && digitFollows && !digits.ToString().Contains('.'))
            )
            {
                digits.Append(c);
                continue;
            }

            // A separator stands between digits; a minus stands before the first digit and not after a word or number.
            if (c == ',' && digits.Length > 0 && digitFollows)
            {
                continue;
            }

            if (
                digits.Length > 0
                && decimal.TryParse(
                    digits.ToString(),
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out decimal value
                )
            )
            {
                last = value;
            }

            digits.Clear();
            if (c == '-' && (digitFollows || Follows(text, i, "$")) && (i == 0 || !char.IsLetterOrDigit(text[i - 1])))
            {
                digits.Append('-');
            }
            else if (c == '$' && i > 0 && text[i - 1] == '-' && digitFollows)
            {
                digits.Append('-');
            }
        }

        return last;
    }

    private static bool Follows(string text, int index, string what) =>
        string.CompareOrdinal(text, index + 1, what, 0, what.Length) == 0;

    private static decimal? Gold(ShardedTask task)
    {
        string answer = task.Answer ?? "";
        int mark = answer.LastIndexOf("####", StringComparison.Ordinal);
        return LastNumber(mark < 0 ? answer : answer[(mark + 4)..]);
    }
}
