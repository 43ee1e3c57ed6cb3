using System.Text.RegularExpressions;
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Persona;

/// <summary>What a judge is told of an answer, and how its word is read.</summary>
public static partial class ToneJudgement
{
    private const int Best = 10;

    private const string Prompt = """
        You check whether an answer of an assistant keeps to the assistant's persona and tone. Look at nothing else: not at whether it is right or helpful.

        Persona: {persona}

        Give 10 where the answer is wholly in character and 0 where it is not at all. Write the number alone on the first line, and on the second in a few words why.
        """;

    /// <summary>The request; null where no judge is asked.</summary>
    /// <param name="policy">Persona and judge.</param>
    /// <param name="question">What the user had said; empty for nothing.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="place">The answer's place, for people.</param>
    public static ArtefactRequest? Request(ContextPolicy policy, string question, string answer, string place) =>
        policy.Tone?.Judge is not { Model.Length: > 0 } judge || answer.Length == 0
            ? null
            : new ArtefactRequest(
                ArtefactKind.Class,
                judge.Model,
                (judge.Prompt.Length > 0 ? judge.Prompt : Prompt).Replace(
                    "{persona}",
                    policy.Persona.Text,
                    StringComparison.Ordinal
                ),
                $"User:\n{question}\n\nAnswer:\n{answer}",
                place
            );

    /// <summary>What a judge found; null where it found nothing, or its word cannot be read.</summary>
    public static ToneDeviation? Read(Artefact judged)
    {
        Match match = Verdict().Match(judged.Text ?? "");
        if (
            !match.Success
            || !int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int points)
            || points >= Best
        )
        {
            return null;
        }

        string why = match.Groups[2].Value.Trim();
        return new(
            "judge",
            (Best - points) / (double)Best,
            Invariant($"{points} of {Best}{(why.Length > 0 ? $": {why}" : "")}")
        );
    }

    /// <summary>Whether a judge's word can be read.</summary>
    public static bool IsReadable(Artefact judged) => judged.Error is null && Verdict().IsMatch(judged.Text ?? "");

    [GeneratedRegex(@"^\s*(10|[0-9])\b(?:\s*/\s*10)?[ \t.]*(?:\n([^\n]*))?", RegexOptions.CultureInvariant)]
    private static partial Regex Verdict();
}
