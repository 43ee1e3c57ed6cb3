// Folder Samples: a few answers before the training and after it, for readers of the report.
// Refuses to know: steps, losses, how an answer is judged.
using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Samples;

/// <summary>A prompt with its answers; one line of <c>samples.jsonl</c>.</summary>
/// <param name="Id">The row, task or turn it comes from.</param>
/// <param name="Prompt">The prompt as the model reads it, markers of the template included.</param>
/// <param name="Expected">The answer that the data has; null where there is none.</param>
/// <param name="Before">The answer before the first step; null where the run was begun without samples.</param>
/// <param name="After">The answer of the trained weights; null before the training has ended.</param>
internal sealed record SampleAnswer(string Id, string Prompt, string? Expected, string? Before, string? After);

/// <summary>
/// Answers the same prompts before the first step and after the last, taking the likeliest token each time. Nothing that training draws
/// or holds is touched: a run is the same bit for bit without.
/// </summary>
/// <param name="path">The file of the answers.</param>
/// <param name="tokenizer">Shows words.</param>
/// <param name="prompts">What is answered.</param>
/// <param name="answer">The answers of the weights as they are now; null where a stop was asked for meanwhile.</param>
internal sealed class SampleAnswers(
    string path,
    Tokenizer tokenizer,
    IReadOnlyList<SamplePrompt> prompts,
    Func<CancellationToken, IReadOnlyList<int[]>?> answer
)
{
    /// <summary>Answers before the first step.</summary>
    public void Before(CancellationToken stop)
    {
        if (answer(stop) is { } ids)
        {
            Write([.. ids.Select(Text)], null);
        }
    }

    /// <summary>Answers with the trained weights; the answers before stay as the file has them.</summary>
    public void After(CancellationToken stop)
    {
        if (answer(stop) is { } ids)
        {
            Dictionary<string, string?> before = Read(path)
                .DistinctBy(known => known.Id + known.Prompt)
                .ToDictionary(known => known.Id + known.Prompt, known => known.Before);
            Write([.. prompts.Select(prompt => before.GetValueOrDefault(prompt.Id + Shown(prompt)))], ids);
        }
    }

    /// <summary>The answers of a run; none where it has none.</summary>
    public static IReadOnlyList<SampleAnswer> Read(string path) => MetricsLog.ReadRecords<SampleAnswer>(path);

    private void Write(string?[] before, IReadOnlyList<int[]>? after)
    {
        using MemoryStream lines = new();
        for (int i = 0; i < prompts.Count; i++)
        {
            SamplePrompt prompt = prompts[i];
            SampleAnswer line = new(
                prompt.Id,
                Shown(prompt),
                prompt.Expected is { } expected ? Text(expected) : null,
                before[i],
                after is null ? null : Text(after[i])
            );
            lines.Write([.. RecordJson.ToLine(line), (byte)'\n']);
        }

        OutputFile.WriteAllBytes(path, lines.ToArray(), force: true);
    }

    private string Shown(SamplePrompt prompt) => tokenizer.Decode(prompt.Ids, skipSpecialTokens: false);

    private string Text(int[] ids) => tokenizer.Decode(ids, skipSpecialTokens: true).Trim();
}
