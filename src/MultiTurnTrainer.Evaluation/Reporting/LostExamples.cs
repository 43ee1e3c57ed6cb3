namespace MultiTurnTrainer.Evaluation.Reporting;

/// <summary>Dialogues that got lost, told turn by turn with what went wrong where.</summary>
public static class LostExamples
{
    private const int Shown = 3;
    private const int MostLetters = 400;

    /// <summary>Some of them.</summary>
    public static IEnumerable<(string Title, IReadOnlyList<string> Lines)> Of(IEnumerable<EvaluationFile> files) =>
        files
            .SelectMany(file => file.Dialogues.Select(played => (file.Name, Played: played)))
            .Where(one => one.Played is { Trace.Count: > 0, Measures: not null, Replies.Count: > 1 })
            .Where(one => one.Played.ConvType is not "recap")
            .OrderByDescending(one => one.Played.Measures!.TooEarly)
            .Take(Shown)
            .Select(one =>
                (
                    Invariant($"{one.Name}, {one.Played.ConvType}: {one.Played.TaskId}, run {one.Played.Run}"),
                    Tell(one.Played)
                )
            );

    private static IReadOnlyList<string> Tell(PlayedDialogue played)
    {
        List<string> lines = [];

        // What the script put into the model's mouth comes first and was not judged.
        int reply = played.Replies.Count - played.Trace.Count(turn => turn.Role == "assistant");
        foreach (ChatTurn turn in played.Trace.Where(turn => turn.Role != "system"))
        {
            lines.Add($"{turn.Role}: {Cut(turn.Content)}");
            if (turn.Role == "assistant")
            {
                lines.AddRange(reply < 0 ? [] : [Judge(played, reply)]);
                reply++;
            }
        }

        DialogueMeasures measures = played.Measures!;
        if (measures.Ignored.Count > 0)
        {
            lines.Add($"→ no reply says a fact of shard {string.Join(", ", measures.Ignored)}");
        }

        return lines;
    }

    private static string Judge(PlayedDialogue played, int index)
    {
        PlayedReply reply = played.Replies[index];
        DialogueMeasures measures = played.Measures!;
        string first =
            measures.FirstWrong == index + 1
                ? (measures.TooEarly ? ": first wrong commitment, before all shards" : ": first wrong commitment")
                : "";
        string answer = reply.Answer is { } text ? $", taken for the answer: {Cut(text)}" : "";
        return Invariant($"→ {reply.Kind}, score {reply.Score:F2}{answer}{first}");
    }

    private static string Cut(string text)
    {
        string line = Printable.Line(text.ReplaceLineEndings(" "));
        return line.Length <= MostLetters ? line : $"{line[..MostLetters]}…";
    }
}
