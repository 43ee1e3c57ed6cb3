using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Finds what the template silently did to the messages of a row, under the codes of <c>mtt lint-template</c>: parts of
/// supervised messages that left no trace in the text, content parts printed as Python's list instead of their text, and
/// words behind the conversation that are supervised with the last answer.
/// </summary>
internal static class TemplateEffects
{
    /// <summary>The code of supervised words that stand behind the conversation and are no message's own.</summary>
    public const string TailSupervised = "tail-supervised";

    /// <summary>All of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="targets">The supervised messages, by their place in the source.</param>
    public static IEnumerable<EffectPlace> Of(BuiltRow row, IReadOnlyCollection<int> targets)
    {
        if (row.Masked.Answers.Any(answer => answer.LearnsTail))
        {
            yield return new EffectPlace(TailSupervised, -1);
        }

        IReadOnlyList<Message> messages = row.View.Messages;
        Printed[] printed = PrintedOf(row, messages.Count);
        int last = messages.Count - 1;
        while (last >= 0 && messages[last].Role != Role.Assistant)
        {
            last--;
        }

        for (int i = 0; i < messages.Count; i++)
        {
            int source = row.View.Indexes[i];
            if (printed[i].IsStringified && messages[i].Json.GetProperty("content").ValueKind == JsonValueKind.Array)
            {
                yield return new EffectPlace("parts-stringified", source);
            }

            if (targets.Contains(source))
            {
                foreach ((string code, int characters) in Dropped(row, i, printed[i], isEarlier: i < last))
                {
                    yield return new EffectPlace(code, source, characters);
                }
            }
        }
    }

    private static Printed[] PrintedOf(BuiltRow row, int messages)
    {
        Printed[] printed = new Printed[messages];
        foreach (RenderedSpan span in row.Rendered.Spans)
        {
            if (span.Origin.MessageIndex is >= 0 and int message)
            {
                printed[message].Add(span);
            }
        }

        return printed;
    }

    private static IEnumerable<(string Code, int Characters)> Dropped(
        BuiltRow row,
        int place,
        Printed printed,
        bool isEarlier
    )
    {
        Message message = row.View.Messages[place];
        string when = isEarlier ? "earlier-" : "";
        if (message.ToolCalls.Count > 0 && !printed.Has(MessageField.CallName, MessageField.CallArguments))
        {
            yield return ("tool-calls-dropped", 0);
        }

        if (!printed.Has(MessageField.Reasoning) && !string.IsNullOrWhiteSpace(message.ReasoningContent))
        {
            yield return ($"{when}reasoning-dropped", UnprintedText.Length(message.ReasoningContent));
        }

        string? content = message.Content;
        if (string.IsNullOrWhiteSpace(content))
        {
            yield break;
        }

        if (!printed.Has(MessageField.Content))
        {
            yield return ("content-dropped", UnprintedText.Length(content));
        }
        else if (printed.ContentLength < content.Length && !printed.IsStringified)
        {
            (int inThink, int elsewhere) = UnprintedText.Count(message, place, row.Rendered.Spans);
            if (inThink > 0)
            {
                yield return ($"{when}think-dropped", inThink);
            }

            if (elsewhere > 0)
            {
                yield return ("content-cut", elsewhere);
            }
        }
    }

    /// <summary>What was printed of a message.</summary>
    private struct Printed
    {
        private int _fields;

        public int ContentLength { get; private set; }

        /// <summary>Whether the content was printed in another form: which characters are missing cannot be told.</summary>
        public bool IsStringified { get; private set; }

        public void Add(RenderedSpan span)
        {
            _fields |= 1 << (int)span.Origin.Field;
            if (span.Origin.Field == MessageField.Content)
            {
                ContentLength += span.End - span.Start;
                IsStringified |= (span.Traits & SpanTraits.Stringified) != 0;
            }
        }

        public readonly bool Has(params ReadOnlySpan<MessageField> fields)
        {
            foreach (MessageField field in fields)
            {
                if ((_fields & (1 << (int)field)) != 0)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
