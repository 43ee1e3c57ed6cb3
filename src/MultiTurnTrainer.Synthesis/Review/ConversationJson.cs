using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>A dialogue as a canonical conversation: the chairman's questions are the user's, the answers the assistant's.</summary>
internal static class ConversationJson
{
    /// <summary>The canonical object. Reviews and hidden thought are not in it.</summary>
    public static JsonElement Write(DialogueResult result, ReviewSettings settings)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteString("id", result.Seed.Id ?? $"review-{result.Seed.Index}");
            json.WriteStartArray("messages");
            if (result.Seed.System is { } system)
            {
                WriteMessage(json, "system", system);
            }

            foreach (Round round in result.Rounds)
            {
                WriteMessage(json, "user", round.Question);
                WriteMessage(json, "assistant", round.Answer);
            }

            json.WriteEndArray();
            WriteMetadata(json, result, settings);
            json.WriteEndObject();
        }

        return JsonSerializer.Deserialize<JsonElement>(buffer.ToArray());
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, DialogueResult result, ReviewSettings settings)
    {
        json.WriteStartObject("metadata");
        json.WriteString("source", "mtt review");
        json.WriteString("mode", settings.Mode == ReviewMode.Ask ? "ask" : "refine");
        json.WriteNumber("seed_index", result.Seed.Index);
        json.WriteNumber("reviewers", settings.Reviewers.Count);
        json.WriteString("outcome", Naming.SnakeCase(result.Outcome));
        json.WriteStartArray("rounds");
        foreach (Round round in result.Rounds)
        {
            json.WriteStartObject();
            if (round.Direction is { } direction)
            {
                json.WriteString("direction", direction);
            }

            if (settings.Mode == ReviewMode.Refine)
            {
                json.WriteNumber("revisions", round.Drafts.Count - 1);
                json.WriteBoolean("accepted", round.Drafts[^1].Decision == "accept");
            }

            if (round.Drafts[^1].Score is { } score)
            {
                json.WriteNumber("score", Math.Round(score, 4));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (result.Seed.Metadata is { } own)
        {
            json.WritePropertyName("seed");
            own.WriteTo(json);
        }

        json.WriteEndObject();
    }
}
