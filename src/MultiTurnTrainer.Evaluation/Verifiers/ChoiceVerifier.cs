using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Multiple choice, as MMLU-Pro scores it: the letter after "answer is", else after "Answer:", else the last letter that stands
/// alone. Published, the first "answer is" counts and the word "I" is a letter; corrected, the last one counts, letters beyond the
/// options do not, and a letter that stands alone needs a bracket, a point, or a line of its own.
/// </summary>
public sealed partial class ChoiceVerifier : IVerifier
{
    private const int MostOptions = 26;

    /// <inheritdoc/>
    public string Metric(ShardedTask task) => "accuracy";

    /// <inheritdoc/>
    public Verdict Judge(ShardedTask task, string reply)
    {
        int options = Options(task).Count;
        string gold = RightAnswer(task);
        bool asPublished = Published(reply) == gold;
        string? letter = new[] { Stated(), Labelled(), Alone() }
            .Select(pattern => pattern.Matches(reply).LastOrDefault(match => Letter(match)[0] - 'A' < options))
            .FirstOrDefault(match => match is not null)
            is { } found
            ? Letter(found)
            : null;
        return letter is null
            ? Verdict.NoAnswer(reply) with
            {
                Published = asPublished ? 1 : 0,
            }
            : Verdict.Of(letter, letter == gold, asPublished);
    }

    /// <summary>The letter.</summary>
    public string RightAnswer(ShardedTask task) =>
        task.Answer is { Length: 1 } letter && letter[0] - 'A' is var index && index >= 0 && index < Options(task).Count
            ? letter
            : throw TaskField.Wrong(task, "answer", "is no letter of an option");

    /// <summary>Another letter.</summary>
    public string WrongAnswer(ShardedTask task) => RightAnswer(task) == "A" ? "B" : "A";

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task)
    {
        RightAnswer(task);
        return null;
    }

    /// <summary>How many letters a model may have to choose from.</summary>
    /// <exception cref="MttException">A task is no choice.</exception>
    public static int MostOptionsOf(IReadOnlyList<ShardedTask> tasks) =>
        tasks.All(task => task.Family == "choice")
            ? tasks.Max(task => Options(task).Count)
            : throw new MttException("--likelihood chooses letters, and some tasks are no choice", "Leave it out.");

    /// <summary>The texts to choose from.</summary>
    internal static IReadOnlyList<string> Options(ShardedTask task) =>
        TaskField.Read(
            task,
            "options",
            json =>
                json is List<object?> { Count: > 1 and <= MostOptions } list && list.TrueForAll(one => one is string)
                    ? list.ConvertAll(one => (string)one!)
                    : throw new FormatException("is missing or no list of two to 26 texts")
        );

    private static string Letter(Match match) => match.Groups.Values.Skip(1).First(group => group.Success).Value;

    private static string? Published(string reply) =>
        PublishedStated().Match(reply) is { Success: true } stated ? stated.Groups[1].Value
        : PublishedLabelled().Match(reply) is { Success: true } labelled ? labelled.Groups[1].Value
        : PublishedAlone().Matches(reply).LastOrDefault()?.Value;

    [GeneratedRegex(@"answer is \(?([A-J])\)?")]
    private static partial Regex PublishedStated();

    [GeneratedRegex(@".*[aA]nswer:\s*([A-J])")]
    private static partial Regex PublishedLabelled();

    [GeneratedRegex(@"\b[A-J]\b")]
    private static partial Regex PublishedAlone();

    [GeneratedRegex(@"answer\s+is:?\s*(?:option\s+)?[\s(*""']*([A-Z])(?![\w'])")]
    private static partial Regex Stated();

    [GeneratedRegex(@"[aA]nswer:[\s(*""']*([A-Z])(?![\w'])|\\boxed\{\s*(?:\\text\{)?\(?([A-Z])\)?\s*\}")]
    private static partial Regex Labelled();

    [GeneratedRegex(@"\(([A-Z])\)|(?<!\w)([A-Z])[.):](?!\w)|^[\s*]*([A-Z])[\s*.]*$", RegexOptions.Multiline)]
    private static partial Regex Alone();
}
