// Folder Reports: what a policy keeps and costs, and what other trainers' rules would have lost.
// Refuses to know: how anything is written or shown.

namespace MultiTurnTrainer.Context.Reports;

/// <summary>What a rule for long conversations does to the answers of some data.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Lost">Answers that are not trained, or not to their end.</param>
/// <param name="Foreign">Answers trained in another context than the one they meet when the policy serves.</param>
public sealed record RivalLoss(string Rule, long Lost, long Foreign);

/// <summary>An answer of a conversation, for the rules.</summary>
/// <param name="Start">Tokens of the whole conversation before it.</param>
/// <param name="End">Tokens up to its end.</param>
/// <param name="Turn">Its turn.</param>
/// <param name="FirstTurn">The first turn that its prompt under the policy holds word for word.</param>
/// <param name="IsPlain">Whether that prompt holds these turns as they stand and nothing else.</param>
public readonly record struct AnswerPlace(int Start, int End, int Turn, int FirstTurn, bool IsPlain);

/// <summary>
/// The rules by which other trainers shorten a conversation, as their code has them (research of July and August 2026):
/// TRL keeps the first tokens, Axolotl leaves the row out, LLaMA-Factory takes turns from the oldest until the limit and
/// cuts inside the last, and a plain window keeps the last turns that fit.
/// </summary>
public sealed class RivalRules
{
    private static readonly string[] _names = ["TRL keep_start", "Axolotl drop", "LLaMA-Factory cut", "plain window"];

    private readonly long[] _lost = new long[_names.Length];
    private readonly long[] _foreign = new long[_names.Length];

    /// <summary>The sums so far.</summary>
    public IReadOnlyList<RivalLoss> Losses =>
        [.. _names.Select((name, i) => new RivalLoss(name, _lost[i], _foreign[i]))];

    /// <summary>Takes over a conversation.</summary>
    /// <param name="answers">Its answers, in order.</param>
    /// <param name="turnStarts">Tokens before each turn.</param>
    /// <param name="total">All its tokens.</param>
    /// <param name="limit">Most tokens of a row.</param>
    public void Add(IReadOnlyList<AnswerPlace> answers, IReadOnlyList<int> turnStarts, int total, int limit)
    {
        int head = turnStarts.Count > 0 ? turnStarts[0] : 0;
        int first = 0;
        while (first + 1 < turnStarts.Count && head + total - turnStarts[first] > limit)
        {
            first++;
        }

        foreach (AnswerPlace answer in answers)
        {
            bool meetsStart = answer is { FirstTurn: 0, IsPlain: true };
            Count(0, answer.End <= limit, meetsStart);
            Count(1, total <= limit, meetsStart);
            Count(2, answer.End <= limit, meetsStart);
            bool isKept = answer.Turn >= first && head + answer.End - turnStarts[first] <= limit;
            Count(3, isKept, answer.IsPlain && answer.FirstTurn == first);
        }
    }

    /// <summary>Adds another's sums.</summary>
    public void Add(RivalRules other)
    {
        for (int i = 0; i < _names.Length; i++)
        {
            _lost[i] += other._lost[i];
            _foreign[i] += other._foreign[i];
        }
    }

    private void Count(int rule, bool isKept, bool isMet)
    {
        _lost[rule] += isKept ? 0 : 1;
        _foreign[rule] += isKept && !isMet ? 1 : 0;
    }
}
