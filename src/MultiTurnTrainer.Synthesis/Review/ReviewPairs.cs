using MultiTurnTrainer.Synthesis.Dialogues;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>Pairs of a review run's trace: the accepted answer of a round against each draft that was sent back.</summary>
public static class ReviewPairs
{
    /// <summary>Whether a first line is that of a trace.</summary>
    public static bool IsHeader(string line) =>
        JsonText.TryReadTexts(line, out Dictionary<string, string>? texts)
        && texts?.GetValueOrDefault("kind") == RunHeader.Name;

    /// <summary>Reads a trace.</summary>
    /// <param name="path">A <c>trace.jsonl</c>.</param>
    /// <param name="skipped">Told of rounds that give no pair, with the cause.</param>
    /// <exception cref="MttException">The file is no trace.</exception>
    public static IEnumerable<AnswerPair> Read(string path, Action<string> skipped)
    {
        using InputLines lines = InputLines.Open(path);
        RunHeader.Parse(lines.ReadLine() ?? "", path);
        for (int number = 2; lines.ReadLine() is { } line; number++)
        {
            foreach (AnswerPair pair in Find(ReviewReplay.Parse(line, path, number), skipped))
            {
                yield return pair;
            }
        }
    }

    private static IEnumerable<AnswerPair> Find(DialogueResult dialogue, Action<string> skipped)
    {
        List<object> history = dialogue.Seed.System is { } system ? [AnswerPair.Message("system", system)] : [];
        string id = dialogue.Seed.Id ?? Invariant($"{dialogue.Seed.Index}");
        for (int round = 0; round < dialogue.Rounds.Count; round++)
        {
            (string question, Draft[] drafts) = (dialogue.Rounds[round].Question, [.. dialogue.Rounds[round].Drafts]);
            history.Add(AnswerPair.Message("user", question));
            Draft last = drafts[^1];
            if (last.Decision != "accept")
            {
                skipped("no answer of the round was accepted");
            }
            else if (drafts.Length == 1)
            {
                skipped("the first answer was accepted");
            }
            else
            {
                for (int draft = 0; draft + 1 < drafts.Length; draft++)
                {
                    if (drafts[draft].Answer == last.Answer || drafts[draft].Score > last.Score)
                    {
                        skipped("the draft equals the accepted answer, or has the higher score");
                        continue;
                    }

                    yield return new AnswerPair("review", Invariant($"{id}-{round + 1}-{draft + 1}"), round + 1)
                    {
                        Prompt = [.. history],
                        Chosen = [AnswerPair.Message("assistant", last.Answer)],
                        Rejected = [AnswerPair.Message("assistant", drafts[draft].Answer)],
                        Provenance = new JsonFields { ["seed_index"] = dialogue.Seed.Index, ["draft"] = draft + 1 }
                            .AddPresent("instruction", drafts[draft].Instruction)
                            .AddPresent("score_chosen", last.Score)
                            .AddPresent("score_rejected", drafts[draft].Score),
                    };
                }
            }

            history.Add(AnswerPair.Message("assistant", last.Answer));
        }
    }
}
