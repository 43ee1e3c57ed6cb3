using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Preferences;

namespace MultiTurnTrainer.Training.Samples;

/// <summary>A prompt of the data, with the answer that the data has.</summary>
/// <param name="Id">Its row, task or turn.</param>
/// <param name="Ids">The tokens before the answer.</param>
/// <param name="Expected">The answer's; null where there is none.</param>
internal sealed record SamplePrompt(string Id, int[] Ids, int[]? Expected)
{
    // Reading a prompt costs as much as some hundred tokens of an answer.
    private const int MostTokens = 1024;

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
        IEnumerable<TokenRow> trained = preferences is { Pairs.Count: > 0 and int pairs } ? rows.Take(pairs) : rows;
        IEnumerable<SamplePrompt> all =
            evaluation.Count > 0 ? evaluation.Select(Of).OfType<SamplePrompt>()
            : distillation is null ? trained.Select(Of).OfType<SamplePrompt>()
            :
            [
                .. distillation.Tasks.Select(task => new SamplePrompt(task.Id, task.FullContext(), null)),
                .. distillation.Turns.Select(turn => new SamplePrompt(turn.Id, turn.StudentContext, turn.Reply)),
            ];
        SamplePrompt[] fitting = [.. all.Where(prompt => prompt.Ids.Length <= MostTokens)];
        int taken = Math.Min(count, fitting.Length);
        return [.. Enumerable.Range(0, taken).Select(i => fitting[(int)((long)i * fitting.Length / taken)])];
    }

    /// <summary>What comes before a row's last answer; null where nothing does, or nothing is supervised.</summary>
    private static SamplePrompt? Of(TokenRow row) =>
        SupervisedSpan.FromLabels(row.Labels).LastOrDefault() is { Start: > 0 } answer
            ? new SamplePrompt(row.Id ?? "", row.InputIds[..answer.Start], row.InputIds[answer.Start..answer.End])
            : null;
}
