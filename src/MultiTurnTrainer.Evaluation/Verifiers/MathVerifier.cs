using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// GSM8K: the last number of the reply equals the number after <c>####</c>. The published normaliser compares texts, makes
/// <c>$100.00</c> to <c>1</c> and takes <c>...</c> for a number; corrected, numbers need a digit and are compared as numbers.
/// </summary>
public sealed partial class MathVerifier : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => "accuracy";

    /// <summary>A reply that holds a number and does not end with a question mark is an answer.</summary>
    public Verdict Judge(ShardedTask task, string reply)
    {
        string gold = Gold(task);
        decimal? number = LastNumber(reply);
        bool isCorrect = number is not null && number == ReadNumber(gold);
        bool asPublished = PublishedAnswer(reply) is { } said && said == Clean(gold);
        bool asks = reply.TrimEnd().EndsWith('?');
        return number is null || (asks && !isCorrect)
            ? Verdict.NoAnswer(reply) with
            {
                Published = asPublished ? 1 : 0,
            }
            : Verdict.Of(number.Value.ToString(CultureInfo.InvariantCulture), isCorrect, asPublished);
    }

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => GoldNumber(task).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string WrongAnswer(ShardedTask task) => (GoldNumber(task) + 1).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task) => ReadNumber(Gold(task)) is null ? "its answer is no number" : null;

    /// <summary>The last match that has a digit, as a number; null where there is none or it is no number (<c>1.2.3</c>).</summary>
    internal static decimal? LastNumber(string text) =>
        Candidate().Matches(text).LastOrDefault(match => match.Value.AsSpan().ContainsAnyInRange('0', '9')) is { } last
            ? ReadNumber(last.Value)
            : null;

    /// <summary>What the benchmark compares: the last match with <c>$</c> and <c>,</c> removed; null where nothing matches.</summary>
    internal static string? PublishedAnswer(string text) =>
        Candidate().Matches(text).LastOrDefault() is { } last
            ? Clean(
                last.Value.Contains('$', StringComparison.Ordinal)
                && last.Value.EndsWith(".00", StringComparison.Ordinal)
                    ? last.Value.TrimEnd('.', '0')
                    : last.Value
            )
            : null;

    private static decimal? ReadNumber(string text) =>
        decimal.TryParse(
            text.Replace("$", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal).TrimEnd('.'),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out decimal number
        )
            ? number
            : null;

    private static string Clean(string text)
    {
        string clean = text.Replace(",", "", StringComparison.Ordinal).Replace("$", "", StringComparison.Ordinal);
        return clean.EndsWith('.') ? clean[..^1] : clean;
    }

    private static decimal GoldNumber(ShardedTask task) => ReadNumber(Gold(task)) ?? 0;

    private static string Gold(ShardedTask task)
    {
        string answer = task.Answer ?? "";
        int mark = answer.LastIndexOf("####", StringComparison.Ordinal);
        string gold = (mark < 0 ? answer : answer[(mark + 4)..]).Trim().ToLowerInvariant();

        // A gold answer in words around the number is a file of one's own.
        return ReadNumber(gold) is null && LastNumber(gold) is { } number
            ? number.ToString(CultureInfo.InvariantCulture)
            : gold;
    }

    [GeneratedRegex(@"(-?[$0-9.,]{2,})|(-?[0-9]+)")]
    private static partial Regex Candidate();
}
