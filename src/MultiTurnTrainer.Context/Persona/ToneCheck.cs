// Folder Persona: whether answers keep to persona and tone, by rules and by a judge's word.
// Refuses to know: prompts, plans, who answered.
using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Persona;

/// <summary>What an answer does against the tone it should have.</summary>
/// <param name="What"><c>length</c>, <c>register</c>, <c>language</c>, <c>forbidden</c> or <c>judge</c>.</param>
/// <param name="Share">How far it is off, from 0 to 1.</param>
/// <param name="Why">In words.</param>
public sealed record ToneDeviation(string What, double Share, string Why);

/// <summary>How far an answer has drifted from persona and tone.</summary>
/// <param name="Deviations">What it does against them.</param>
/// <param name="IsUnjudged">Whether the policy names a judge who gave no verdict that can be read.</param>
public sealed record ToneDrift(IReadOnlyList<ToneDeviation> Deviations, bool IsUnjudged = false)
{
    /// <summary>The user's turn that it answers, from 0.</summary>
    public int Turn { get; init; }

    /// <summary>From 0, nothing, to 1: the largest deviation, since an answer in the wrong language is not half right for being short.</summary>
    public double Score => Deviations.Select(deviation => deviation.Share).DefaultIfEmpty(0).Max();
}

/// <summary>Measures answers by the rules of a policy.</summary>
public static class ToneCheck
{
    /// <summary>What an answer does against the rules of a policy.</summary>
    /// <param name="answer">The answer's text.</param>
    /// <param name="policy">The rules.</param>
    public static IReadOnlyList<ToneDeviation> Find(string answer, TonePolicy policy)
    {
        string prose = ToneWords.Prose(answer);
        return
        [
            .. new[]
            {
                string.IsNullOrWhiteSpace(prose) ? null : Length(prose, policy),
                Register(prose, policy),
                Language(prose, policy),
                Forbidden(answer, policy),
            }.OfType<ToneDeviation>(),
        ];
    }

    private static ToneDeviation? Length(string prose, TonePolicy policy)
    {
        int words = ToneWords.Of(prose).Count();
        return policy.MaxWords > 0 && words > policy.MaxWords
                ? new(
                    "length",
                    Math.Min(1, (words - policy.MaxWords) / (double)policy.MaxWords),
                    Invariant($"{words} words where {policy.MaxWords} are the most")
                )
            : words < policy.MinWords
                ? new(
                    "length",
                    (policy.MinWords - words) / (double)policy.MinWords,
                    Invariant($"{words} words where {policy.MinWords} are the least")
                )
            : null;
    }

    /// <summary>The share of sentences that speak to the user in the other register.</summary>
    private static ToneDeviation? Register(string prose, TonePolicy policy)
    {
        if (policy.Register == ToneRegister.Any)
        {
            return null;
        }

        int sentences = 0;
        int off = 0;
        string? first = null;
        foreach (string sentence in Sentences.Of(prose))
        {
            sentences++;
            if (policy.Register == ToneRegister.Formal ? IsInformal(sentence) : IsFormal(sentence))
            {
                off++;
                first ??= sentence;
            }
        }

        return off == 0
            ? null
            : new(
                "register",
                off / (double)sentences,
                $"{off} of {sentences} sentences not {policy.Register.ToString().ToLowerInvariant()}: {first}"
            );
    }

    private static bool IsInformal(string sentence) =>
        Cues.Informal.IsIn(Folded(sentence))
        || sentence.EnumerateRunes().Any(rune => rune.Value is >= 0x1F300 and <= 0x1FAFF or 0x263A or 0x2764);

    // "Sie" in the middle of a German sentence is the formal you; at its beginning it may be "she" or "they".
    private static bool IsFormal(string sentence)
    {
        int space = sentence.IndexOf(' ', StringComparison.Ordinal);
        bool isYou =
            space > 0
            && AnswerLanguage.Of(sentence) == "de"
            && sentence[space..]
                .Split(' ', ',', '.')
                .Any(word => word.Length > 0 && char.IsUpper(word[0]) && Cues.GermanYou.IsIn(word.ToLowerInvariant()));
        return isYou || Cues.Formal.IsIn(Folded(sentence));
    }

    private static ToneDeviation? Language(string prose, TonePolicy policy) =>
        policy.Language.Length > 0 && AnswerLanguage.Of(prose) is { } found && found != policy.Language
            ? new("language", 1, $"it is in '{found}' where '{policy.Language}' is asked for")
            : null;

    private static ToneDeviation? Forbidden(string answer, TonePolicy policy)
    {
        string folded = Folded(answer);
        string[] found = [.. policy.Forbidden.Where(word => word.Length > 0 && new CueList(Folded(word)).IsIn(folded))];
        return found.Length == 0
            ? null
            : new("forbidden", 1, $"it says {string.Join(", ", found.Select(word => $"'{word}'"))}");
    }

    private static string Folded(string text) => text.Replace('’', '\'').ToLowerInvariant();
}
