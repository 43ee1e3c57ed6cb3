namespace MultiTurnTrainer.Context.Prompts;

/// <summary>A message of a prompt: one of the record, as it stands or changed, or one that the policy adds.</summary>
/// <param name="Sources">Indexes of the messages of the record that are in it.</param>
/// <param name="Original">The message of the record; null for one that is added.</param>
/// <param name="Content">The text in place of its own; null keeps its own.</param>
/// <param name="Head">A text before its own; null for none.</param>
public sealed record PromptMessage(
    IReadOnlyList<int> Sources,
    Message? Original,
    string? Content = null,
    string? Head = null
)
{
    private static readonly string[] _weights =
    [
        "weight",
        "loss_weight",
        "loss",
        "loss_mask",
        "train",
        "training",
        "train_on_turn",
        "training_detail",
    ];

    /// <summary>Whether it says something that the record does not say there.</summary>
    public bool IsInjected => Original is null || Content is not null || Head is not null;

    /// <summary>Writes it in the canonical form.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="isContext">Whether it gets weight 0: it is there to be read, not to be trained on.</param>
    public void WriteTo(JsonWriter json, bool isContext)
    {
        if (Original is null)
        {
            json.WriteStartObject();
            json.WriteString("role"u8, "system"u8);
            json.WriteString("content"u8, Content);
            WriteWeight(json, isContext);
            json.WriteEndObject();
        }
        else if (!IsInjected && !isContext)
        {
            json.WriteRawValue(Original.Json.RawUtf8);
        }
        else
        {
            WriteChanged(json, Original.Json, isContext);
        }
    }

    private void WriteChanged(JsonWriter json, JsonView original, bool isContext)
    {
        bool hasContent = false;
        json.WriteStartObject();
        foreach (JsonMember property in original.EnumerateObject())
        {
            if (property.NameEquals("content"u8))
            {
                hasContent = true;
                WriteContent(json, property.Value);
            }
            else if (!isContext || Array.IndexOf(_weights, property.Name) < 0)
            {
                json.WritePropertyName(property.Name);
                json.WriteRawValue(property.Value.RawUtf8);
            }
        }

        if (!hasContent && (Content ?? Head) is { } added)
        {
            json.WriteString("content"u8, added);
        }

        WriteWeight(json, isContext);
        json.WriteEndObject();
    }

    private void WriteContent(JsonWriter json, JsonView own)
    {
        json.WritePropertyName("content"u8);
        if (Content is not null)
        {
            json.WriteStringValue(Content);
        }
        else if (Head is null)
        {
            json.WriteRawValue(own.RawUtf8);
        }
        else if (own.Kind == JsonKind.Array)
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, $"{Head}\n\n");
            json.WriteEndObject();
            foreach (JsonView part in own.EnumerateArray())
            {
                json.WriteRawValue(part.RawUtf8);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteStringValue(own.Kind == JsonKind.String ? $"{Head}\n\n{own.GetString()}" : Head);
        }
    }

    private static void WriteWeight(JsonWriter json, bool isContext)
    {
        if (isContext)
        {
            json.WriteNumber("weight"u8, 0);
        }
    }
}
