using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>
/// From records of <c>mtt clean</c> to ids. The reply's tokens are those the mask proves to be the model's own, so both
/// contexts are followed by the same ids.
/// </summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="options">Whether replies that the template does not render are left out, or refused.</param>
public sealed class CleanedTurns(RowModel model, RowOptions options)
{
    private readonly RowBuilder _rows = new(
        model,
        new RowOptions { LastOnly = true, DropUnrenderedAnswers = options.DropUnrenderedAnswers }
    );
    private readonly PromptEncoder _prompts = new(model);

    /// <summary>Replies left out because the template does not render them.</summary>
    public int Unrendered { get; private set; }

    /// <summary>Encodes one record.</summary>
    /// <returns>Null where the reply is left out.</returns>
    /// <exception cref="MttException">
    /// The template refuses a context, or the reply's tokens cannot be proven to be supervised, all of them.
    /// </exception>
    public CleanedTurn? Encode(CleanedRecord record)
    {
        Conversation conversation = Conversation([.. record.StudentContext, record.Completion], record);
        int last = conversation.Messages.Count - 1;
        if (conversation.Supervision.InContent(last) is not null)
        {
            throw new MttException(
                $"record {record.Id}: parts of the reply have weights of their own",
                "Distillation learns whole replies: weigh the message, or leave the record out."
            );
        }

        RowOutcome outcome = _rows.Build(conversation);
        if (outcome.Counts.Losses.ContainsKey("unrendered"))
        {
            Unrendered++;
            return null;
        }

        if (outcome.Rows.Count != 1)
        {
            string reason = outcome.Findings.Count > 0 ? outcome.Findings[0].Text : "the reply has no supervised token";
            throw new MttException($"record {record.Id}: {reason}", "Leave the record out, or give another template.");
        }

        TokenRow row = outcome.Rows[0].Row;
        int first = Array.FindIndex(row.Labels, label => label != TokenRow.Unsupervised);
        int[] reply = [.. row.Labels.Skip(first).TakeWhile(label => label != TokenRow.Unsupervised)];
        int[] reference = _prompts.Encode(Conversation(record.ReferenceContext, record));
        return new CleanedTurn(
            record.Id,
            row.InputIds[..first],
            reference,
            reply,
            record.Kind == TurnKind.Answer,
            record.Weight ?? conversation.Supervision.WeightOf(last)
        );
    }

    private static Conversation Conversation(IReadOnlyList<JsonView> messages, CleanedRecord record)
    {
        JsonFields json = new() { ["messages"] = messages };
        json.AddPresent("tools", record.Tools);
        json.AddPresent("chat_template_kwargs", record.ChatTemplateKwargs);
        return Conversations.Conversation.FromJson(JsonText.ToView(json));
    }
}
