using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>
/// From records of <c>mtt clean</c> to ids. The reply's tokens are those the mask proves to be the model's own, so both
/// contexts are followed by the same ids.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
public sealed class CleanedTurns(RowModel model)
{
    private readonly RowBuilder _rows = new(model, new RowOptions { LastOnly = true });
    private readonly PromptEncoder _prompts = new(model);

    /// <summary>Encodes one record.</summary>
    /// <exception cref="MttException">The template refuses a context, or no token of the reply can be proven to be supervised.</exception>
    public CleanedTurn Encode(CleanedRecord record)
    {
        RowOutcome outcome = _rows.Build(Conversation([.. record.StudentContext, record.Completion], record));
        if (outcome.Rows.Count != 1)
        {
            string reason = outcome.Findings.Count > 0 ? outcome.Findings[0].Text : "the reply has no supervised token";
            throw new MttException($"record {record.Id}: {reason}", "Leave the record out, or give another template.");
        }

        TokenRow row = outcome.Rows[0].Row;
        int first = Array.FindIndex(row.Labels, label => label != TokenRow.Unsupervised);
        int[] reply = [.. row.Labels.Skip(first).TakeWhile(label => label != TokenRow.Unsupervised)];
        int[] reference = _prompts.Encode(Conversation(record.ReferenceContext, record));
        return new CleanedTurn(record.Id, row.InputIds[..first], reference, reply, record.Kind == TurnKind.Answer);
    }

    private static Conversation Conversation(IReadOnlyList<JsonElement> messages, CleanedRecord record)
    {
        JsonObject json = new()
        {
            ["messages"] = new JsonArray([.. messages.Select(message => JsonNode.Parse(message.GetRawText()))]),
        };
        if (record.Tools is { } tools)
        {
            json["tools"] = JsonNode.Parse(tools.GetRawText());
        }

        if (record.ChatTemplateKwargs is { } variables)
        {
            json["chat_template_kwargs"] = JsonSerializer.SerializeToNode(variables);
        }

        return Conversations.Conversation.FromJson(JsonSerializer.SerializeToElement(json));
    }
}
