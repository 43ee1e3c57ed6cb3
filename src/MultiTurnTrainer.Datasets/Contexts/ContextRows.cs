namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>What <c>metadata.context</c> of a row says.</summary>
/// <param name="Id">The row's id; null keeps the conversation's.</param>
/// <param name="Turns">The turns that are supervised in it, from 0.</param>
/// <param name="Fingerprint">The policy's.</param>
internal sealed record ContextMark(string? Id, IReadOnlyList<int> Turns, string Fingerprint);

/// <summary>Writes assembled prompts as canonical conversations.</summary>
internal static class ContextRows
{
    /// <summary>A conversation with the messages of a prompt and everything else that its source has.</summary>
    /// <param name="source">The source.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="policy">What becomes of documents.</param>
    /// <param name="isContext">Which messages, by place, get weight 0.</param>
    /// <param name="mark">What the metadata say of it; null for nothing.</param>
    /// <param name="answer">A message that ends it; null for none.</param>
    public static JsonView Write(
        Conversation source,
        AssembledPrompt prompt,
        ContextPolicy policy,
        Func<AssembledPrompt, int, bool> isContext,
        ContextMark? mark,
        Message? answer = null
    )
    {
        ArrayBufferWriter<byte> buffer = new();
        using (JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            bool hasMetadata = false;
            foreach (JsonMember property in source.Json.EnumerateObject())
            {
                if (property.NameEquals("messages"u8))
                {
                    WriteMessages(json, prompt, isContext, answer);
                }
                else if (property.NameEquals("id"u8) && mark?.Id is { } id)
                {
                    json.WriteString("id"u8, id);
                }
                else if (property.NameEquals("metadata"u8) && mark is not null)
                {
                    hasMetadata = true;
                    WriteMetadata(json, property.Value, prompt, mark);
                }
                else if (property.NameEquals("documents"u8))
                {
                    WriteDocuments(json, source, policy, prompt.Plan);
                }
                else
                {
                    json.WritePropertyName(property.Name);
                    json.WriteRawValue(property.Value.RawUtf8);
                }
            }

            if (mark is not null && !hasMetadata)
            {
                WriteMetadata(json, null, prompt, mark);
            }

            json.WriteEndObject();
        }

        return JsonView.Parse(buffer.WrittenSpan);
    }

    /// <summary>The documents that a prompt's template sees; null for none.</summary>
    public static JsonView? Documents(Conversation source, ContextPolicy policy, ContextPlan plan)
    {
        if (
            policy.Documents.Place == DocumentPlacement.Block
            || plan.Documents.Count == 0
            || !source.Json.TryGetProperty("documents", out JsonView all)
            || all.Kind != JsonKind.Array
        )
        {
            return null;
        }

        return plan.Documents.Count == all.GetArrayLength()
            ? all
            : JsonText.ToView(plan.Documents.Select(place => all[place]));
    }

    private static void WriteDocuments(JsonWriter json, Conversation source, ContextPolicy policy, ContextPlan plan)
    {
        if (Documents(source, policy, plan) is { } documents)
        {
            json.WritePropertyName("documents"u8);
            documents.WriteTo(json);
        }
    }

    private static void WriteMessages(
        JsonWriter json,
        AssembledPrompt prompt,
        Func<AssembledPrompt, int, bool> isContext,
        Message? answer
    )
    {
        json.WritePropertyName("messages"u8);
        json.WriteStartArray();
        for (int i = 0; i < prompt.Messages.Count; i++)
        {
            prompt.Messages[i].WriteTo(json, isContext(prompt, i));
        }

        if (answer is not null)
        {
            json.WriteRawValue(answer.Json.RawUtf8);
        }

        json.WriteEndArray();
    }

    private static void WriteMetadata(JsonWriter json, JsonView? own, AssembledPrompt prompt, ContextMark mark)
    {
        json.WritePropertyName("metadata"u8);
        json.WriteStartObject();
        if (own is { Kind: JsonKind.Object } known)
        {
            foreach (JsonMember property in known.EnumerateObject().Where(pair => pair.Name != "context"))
            {
                property.WriteTo(json);
            }
        }
        else if (own is { Kind: not JsonKind.Null } other)
        {
            json.WritePropertyName("source"u8);
            other.WriteTo(json);
        }

        json.WriteStartObject("context"u8);
        json.WriteStartArray("turn"u8);
        foreach (int turn in mark.Turns)
        {
            json.WriteNumberValue(turn);
        }

        json.WriteEndArray();
        json.WriteStartArray("sources"u8);
        foreach (int[] sources in prompt.Messages.Select(message => message.Sources.Distinct().ToArray()))
        {
            json.WriteStartArray();
            foreach (int source in sources)
            {
                json.WriteNumberValue(source);
            }

            json.WriteEndArray();
        }

        json.WriteStartArray();
        json.WriteNumberValue(prompt.Plan.Call);
        json.WriteEndArray();
        json.WriteEndArray();
        json.WriteString("fingerprint"u8, mark.Fingerprint);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
