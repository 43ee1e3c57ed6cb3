using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Where the two prompts of a call part.</summary>
/// <param name="Place">The conversation.</param>
/// <param name="Call">The answer's index.</param>
/// <param name="Token">The first token that differs, from 0.</param>
/// <param name="Item">What it belongs to.</param>
/// <param name="Trained">The text there in the training row.</param>
/// <param name="Served">The text there in the served prompt.</param>
public sealed record ParityDifference(string Place, int Call, int Token, string Item, string Trained, string Served);

/// <summary>
/// Compares the prompts that training rows hold before each answer with those that a live session assembles, token by
/// token. The rows go the way of <c>mtt prepare</c> and <c>mtt mask</c>, the prompts the way of a server: one after the
/// other, from the messages so far. Not for several threads.
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

    /// <summary>Answers without a training row, because they have weight 0 or the template does not print them.</summary>
    public long Untrained { get; private set; }

    /// <summary>Compares the calls of a conversation.</summary>
    /// <exception cref="MttException">The policy, the template or the mask refuses it.</exception>
    public IEnumerable<ParityDifference> Compare(Conversation conversation)
    {
        Dictionary<int, TrainedPrompt> trained = Trained(conversation);
        ContextAssembler session = new(model, conversation);
        for (int i = 0; i < conversation.Messages.Count; i++)
        {
            Message message = conversation.Messages[i];
            if (message.Role == Role.Assistant)
            {
                int[] served = session.Ids();
                if (!trained.TryGetValue(i, out TrainedPrompt? row))
                {
                    Untrained++;
                }
                else if (Difference(conversation.Place, i, row, served) is { } difference)
                {
                    Compared++;
                    yield return difference;
                }
                else
                {
                    Compared++;
                    Equal++;
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

    private ParityDifference? Difference(string place, int call, TrainedPrompt trained, int[] served)
    {
        ReadOnlySpan<int> ids = trained.Built.Row.InputIds.AsSpan(0, trained.Tokens);
        int common = ids.CommonPrefixLength(served);
        if (common == ids.Length && common == served.Length)
        {
            return null;
        }

        return new ParityDifference(
            place,
            call,
            common,
            ItemAt(trained.Built, common),
            Text(ids[common..]),
            Text(served.AsSpan(common))
        );
    }

    private string Text(ReadOnlySpan<int> ids) =>
        ids.IsEmpty ? "(the end)" : model.Model!.Tokenizer.Decode(ids[..Math.Min(Shown, ids.Length)], false);

    private static string ItemAt(BuiltRow built, int token)
    {
        if (token >= built.Places.Length)
        {
            return "the end of the row";
        }

        Templates.RenderedSpan span = built.Text.Span(built.Text.SpanAtByte(built.Places[token].Start));
        int message = span.Origin.MessageIndex >= 0 ? span.Origin.MessageIndex : span.Context;
        return message < 0
            ? "the template's own text"
            : Invariant(
                $"messages[{built.View.Indexes[message]}] of the row ({built.View.Messages[message].RoleName})"
            );
    }

    private sealed record TrainedPrompt(BuiltRow Built, int Tokens);
}
