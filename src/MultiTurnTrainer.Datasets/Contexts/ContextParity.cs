using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Where the two prompts of a call part.</summary>
/// <param name="Place">The conversation.</param>
/// <param name="Call">The answer's index.</param>
/// <param name="Token">The first token that differs, from 0.</param>
/// <param name="Item">What it belongs to: an item of the plan, or a message of the record.</param>
/// <param name="Trained">The text there in the training row.</param>
/// <param name="Served">The text there in the served prompt.</param>
public sealed record ParityDifference(string Place, int Call, int Token, string Item, string Trained, string Served);

/// <summary>
/// Compares the prompts that training rows hold before each answer with those that a live session assembles, token by
/// token. The rows go the way of <c>mtt prepare</c> and <c>mtt mask</c>, the prompts the way of a server: one after the
/// other, from the messages so far; where a session recorded the ids that its model was asked with, those. Not for several
/// threads.
/// </summary>
/// <param name="model">The policy and its model.</param>
/// <param name="options">How rows are made.</param>
public sealed class ContextParity(PolicyModel model, RowOptions options)
{
    private const int Shown = 12;

    private readonly PolicyExpander _expander = new(model);
    private readonly RowBuilder _builder = new(model.Model!, options);

    /// <summary>Calls that were compared.</summary>
    public long Compared { get; private set; }

    /// <summary>Calls whose ids are equal.</summary>
    public long Equal { get; private set; }

    /// <summary>Compared calls whose ids a server had recorded.</summary>
    public long Recorded { get; private set; }

    /// <summary>Answers without a training row, because they have weight 0 or the template does not print them.</summary>
    public long Untrained { get; private set; }

    /// <summary>Compares the calls of a conversation.</summary>
    /// <exception cref="MttException">The policy, the template or the mask refuses it.</exception>
    public IEnumerable<ParityDifference> Compare(Conversation conversation)
    {
        Dictionary<int, TrainedPrompt> trained = Trained(conversation);
        RecordedCalls recorded = RecordedCalls.Of(conversation);
        ContextAssembler session = new(model, conversation);
        for (int i = 0; i < conversation.Messages.Count; i++)
        {
            Message message = conversation.Messages[i];
            if (message.Role == Role.Assistant)
            {
                int[]? sent = recorded.Find(i)?.PromptIds;
                if (!trained.TryGetValue(i, out TrainedPrompt? row))
                {
                    Untrained++;
                }
                else
                {
                    Compared++;
                    Recorded += sent is null ? 0 : 1;
                    if (Difference(conversation.Place, session.Next(), row, sent ?? session.Ids()) is { } difference)
                    {
                        yield return difference;
                    }
                    else
                    {
                        Equal++;
                    }
                }
            }

            session.Append(message);
        }
    }

    private Dictionary<int, TrainedPrompt> Trained(Conversation conversation)
    {
        Dictionary<int, TrainedPrompt> prompts = [];
        foreach (ExpandedRow expanded in _expander.Expand(conversation))
        {
            RowOutcome outcome = _builder.Build(expanded.Row);
            if (outcome.IsRefused)
            {
                throw new MttException(
                    $"{outcome.Findings[0]}",
                    "mtt mask says the same of the prepared row: fix it, or use another template."
                );
            }

            foreach (BuiltRow built in outcome.Rows)
            {
                foreach (Masking.AnswerMask answer in built.Masked.Answers)
                {
                    int place = built.View.Indexes[answer.Message];
                    int source = expanded.Sources.Count == 0 ? place : expanded.Sources[place];
                    int from = built.Text.ByteOf(answer.Start);
                    int tokens = Array.FindIndex(built.Places, token => token.Start >= from);
                    prompts[source] = new TrainedPrompt(built, tokens < 0 ? built.Places.Length : tokens);
                }
            }
        }

        return prompts;
    }

    private ParityDifference? Difference(string place, AssembledPrompt prompt, TrainedPrompt trained, int[] served)
    {
        ReadOnlySpan<int> ids = trained.Built.Row.InputIds.AsSpan(0, trained.Tokens);
        int common = ids.CommonPrefixLength(served);
        if (common == ids.Length && common == served.Length)
        {
            return null;
        }

        return new ParityDifference(
            place,
            prompt.Plan.Call,
            common,
            ItemAt(trained.Built, common, prompt),
            Text(ids[common..]),
            Text(served.AsSpan(common))
        );
    }

    private string Text(ReadOnlySpan<int> ids) =>
        ids.IsEmpty ? "(the end)" : model.Model!.Tokenizer.Decode(ids[..Math.Min(Shown, ids.Length)], false);

    private static string ItemAt(BuiltRow built, int token, AssembledPrompt prompt)
    {
        if (token >= built.Places.Length)
        {
            return "the end of the row";
        }

        int start = built.Places[token].Start;
        int found = built.Text.SpanAtByte(start);
        Templates.RenderedSpan span = built.Text.Span(found);
        int message = span.Origin.MessageIndex >= 0 ? span.Origin.MessageIndex : span.Context;
        if (message < 0)
        {
            return "the template's own text";
        }

        int from = built.Text.BytesOf(found).Start;
        int offset =
            span.Origin.Field == Templates.MessageField.Content
                ? span.OriginOffset + Encoding.UTF8.GetCharCount(built.Text.Utf8.AsSpan(from, start - from))
                : -1;
        return PlanItemText.At(prompt, built.View.Indexes[message], offset);
    }

    private sealed record TrainedPrompt(BuiltRow Built, int Tokens);
}
