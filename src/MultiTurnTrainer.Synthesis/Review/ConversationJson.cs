using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>A dialogue as a canonical conversation: the chairman's questions are the user's, the answers the assistant's.</summary>
internal static class ConversationJson
{
    /// <summary>The canonical object. Reviews and hidden thought are not in it.</summary>
    public static JsonFields Write(DialogueResult result, ReviewSettings settings)
    {
        List<object> messages = result.Seed.System is { } system ? [Message("system", system)] : [];
        foreach (Round round in result.Rounds)
        {
            messages.Add(Message("user", round.Question));
            messages.Add(Message("assistant", round.Answer));
        }

        JsonFields metadata = new()
        {
            ["source"] = "mtt review",
            ["mode"] = settings.Mode == ReviewMode.Ask ? "ask" : "refine",
            ["seed_index"] = result.Seed.Index,
            ["reviewers"] = settings.Reviewers.Count,
            ["outcome"] = Naming.SnakeCase(result.Outcome),
            ["rounds"] = result.Rounds.Select(round => Describe(round, settings.Mode)),
        };
        return new JsonFields
        {
            ["id"] = result.Seed.Id ?? $"review-{result.Seed.Index}",
            ["messages"] = messages,
            ["metadata"] = metadata.AddPresent("seed", result.Seed.Metadata),
        };
    }

    private static object Message(string role, string content) => new { role, content };

    private static JsonFields Describe(Round round, ReviewMode mode)
    {
        Draft last = round.Drafts[^1];
        JsonFields fields = new JsonFields().AddPresent("direction", round.Direction);
        if (mode == ReviewMode.Refine)
        {
            fields["revisions"] = round.Drafts.Count - 1;
            fields["accepted"] = last.Decision == "accept";
        }

        return fields.AddPresent("score", last.Score is { } score ? Math.Round(score, 4) : null);
    }
}
