using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Prompts;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>Holds the dialogues of a trace again with the recorded replies: no model, no seeds, no settings needed.</summary>
public static class ReviewReplay
{
    /// <summary>Writes the conversations and measures that the trace leads to.</summary>
    /// <param name="trace">A <c>trace.jsonl</c>.</param>
    /// <param name="output">The output folder.</param>
    /// <param name="force">Whether existing files may be replaced.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<ReviewReport> RunAsync(
        string trace,
        string output,
        bool force,
        CancellationToken cancellation
    )
    {
        if (!File.Exists(trace))
        {
            throw new MttException(
                $"{trace}: there is no such trace",
                "Name the trace.jsonl of a run's output folder."
            );
        }

        using InputLines reader = InputLines.Open(trace);
        RunHeader header = ReadHeader(reader.ReadLine() ?? "", trace);
        ReviewSettings settings = header.Settings;
        PromptSet prompts = PromptSet.From(header.Prompts);
        using ReviewOutputs outputs = new(new ReviewFiles(output), settings, header: null, force);
        int number = 1;
        while (reader.ReadLine() is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            number++;
            DialogueResult recorded = Parse(line, trace, number);
            Dictionary<string, CallRecord> records = recorded.Calls.ToDictionary(
                call => call.Record.Key,
                call => call.Record,
                StringComparer.Ordinal
            );
            ReviewLoop loop = new(settings, prompts, new RecordedCalls(key => records.GetValueOrDefault(key)));
            try
            {
                outputs.Add(await loop.RunAsync(recorded.Seed, cancellation).ConfigureAwait(false));
            }
            catch (CallMissingException problem)
            {
                throw new MttException($"{trace}:{number}: {problem.Message}", "The trace was cut or edited.", problem);
            }
        }

        Manifest manifest = ReviewManifest.Of(header, [], prompts);
        manifest.AddInput("trace", trace);
        outputs.Commit(manifest);
        return new ReviewReport(
            number - 1,
            outputs.Written,
            0,
            outputs.LeftOut,
            [],
            outputs.Outcomes,
            Spending.None,
            null
        );
    }

    private static RunHeader ReadHeader(string line, string trace) =>
        JsonText.TryReadTexts(line, out _) ? RunHeader.Parse(line, trace) : throw NoLine(trace, 1, null);

    /// <summary>Reads a dialogue of a trace.</summary>
    /// <exception cref="MttException">The line is none.</exception>
    internal static DialogueResult Parse(string line, string path, int number)
    {
        try
        {
            return RecordJson.Read<DialogueResult>(line);
        }
        catch (FormatException problem)
        {
            throw NoLine(path, number, problem);
        }
    }

    private static MttException NoLine(string path, int number, Exception? problem) =>
        new($"{path}:{number}: not a line of a trace", "Name the trace.jsonl of a run's output folder.", problem);
}
