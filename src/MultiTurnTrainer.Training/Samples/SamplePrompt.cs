using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Preferences;

namespace MultiTurnTrainer.Training.Samples;

/// <summary>A prompt of the data, with the answer that the data has.</summary>
/// <param name="Id">Its row, task or turn.</param>
/// <param name="Ids">The tokens before the answer.</param>
/// <param name="Expected">The answer's; null where there is none.</param>
internal sealed record SamplePrompt(string Id, int[] Ids, int[]? Expected)
{
    /// <summary>Longer ones are passed over: reading this one costs as much as some hundred tokens of an answer.</summary>
    public const int MostTokens = 1024;

    /// <summary>So many prompts, evenly over the evaluation rows, else over what is trained on: the same in every run on these data.</summary>
    /// <param name="count">How many, where there are that many.</param>
    /// <param name="evaluation">Rows that are held out.</param>
    /// <param name="rows">Rows that are trained on.</param>
    /// <param name="preferences">Whose chosen sides come first among the rows; null where nothing is compared.</param>
    /// <param name="distillation">Tasks or turns in place of rows; null where it is rows.</param>
    public static IReadOnlyList<SamplePrompt> Choose(
        int count,
        IReadOnlyList<TokenRow> evaluation,
        IReadOnlyList<TokenRow> rows,
        PreferenceData? preferences,
        DistillationData? distillation
    )
    {
        if (evaluation.Count == 0 && distillation is not null)
        {
            SamplePrompt[] own =
            [
                .. distillation
                    .Tasks.Select(task => new SamplePrompt(task.Id, task.FullContext(), null))
                    .Concat(
                        distillation.Turns.Select(turn => new SamplePrompt(turn.Id, turn.StudentContext, turn.Reply))
                    )
                    .Where(prompt => prompt.Ids.Length <= MostTokens),
            ];
            return [.. Evenly(count, own)];
        }

        IEnumerable<TokenRow> trained = preferences is { Pairs.Count: > 0 and int pairs } ? rows.Take(pairs) : rows;
        // Only of the rows that are taken is anything copied.
        (TokenRow Row, SupervisedSpan? Answer)[] answered =
        [
            .. (evaluation.Count > 0 ? evaluation : trained)
                .Select(row => (Row: row, Answer: SupervisedSpan.FromLabels(row.Labels).LastOrDefault()))
                .Where(one => one.Answer is { Start: > 0 and <= MostTokens }),
        ];
        return [.. Evenly(count, answered).Select(one => Of(one.Row, one.Answer!))];
    }

    private static IEnumerable<T> Evenly<T>(int count, T[] all)
    {
        int taken = Math.Min(count, all.Length);
        return Enumerable.Range(0, taken).Select(i => all[(int)((long)i * all.Length / taken)]);
    }

    private static SamplePrompt Of(TokenRow row, SupervisedSpan answer) =>
        new(row.Id ?? "", row.InputIds[..answer.Start], row.InputIds[answer.Start..answer.End]);
}
