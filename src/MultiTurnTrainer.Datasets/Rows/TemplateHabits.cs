using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Tokenization.Templates;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Counts what the template silently did to the messages of a row, under the codes of <c>mtt lint-template</c>: parts of
/// learned messages that left no trace in the text, content parts printed as Python's list instead of their text, and
/// words behind the conversation that are learned with the last answer.
/// </summary>
internal static class TemplateHabits
{
    /// <summary>The code of learned words that stand behind the conversation and are no message's own.</summary>
    public const string TailLearned = "tail-learned";

    /// <summary>Adds one for each message and habit.</summary>
    /// <param name="row">The row.</param>
    /// <param name="targets">The learned messages, by their place in the source.</param>
    /// <param name="counts">The counts.</param>
    public static void Count(BuiltRow row, IReadOnlyCollection<int> targets, RowCounts counts)
    {
        IReadOnlyList<Message> messages = row.View.Messages;
        int[] printed = new int[messages.Count];
        bool[] stringified = new bool[messages.Count];
        foreach (RenderedSpan span in row.Rendered.Spans)
        {
            if (span.Origin.MessageIndex is >= 0 and int message)
            {
                printed[message] |= Bit(span.Origin.Field);
                stringified[message] |=
                    span.Origin.Field == MessageField.Content && (span.Traits & SpanTraits.Stringified) != 0;
            }
        }

        if (row.Masked.Answers.Any(answer => answer.LearnsTail))
        {
            counts.AddHabit(TailLearned, 1);
        }

        for (int i = 0; i < messages.Count; i++)
        {
            if (stringified[i] && messages[i].Json.GetProperty("content").ValueKind == JsonValueKind.Array)
            {
                counts.AddHabit("parts-stringified", 1);
            }

            if (targets.Contains(row.View.Indexes[i]))
            {
                CountDropped(messages[i], printed[i], counts);
            }
        }
    }

    private static void CountDropped(Message message, int printed, RowCounts counts)
    {
        const int Call = (1 << (int)MessageField.CallName) | (1 << (int)MessageField.CallArguments);
        if ((printed & Call) == 0 && message.ToolCalls.Count > 0)
        {
            counts.AddHabit("tool-calls-dropped", 1);
        }

        if ((printed & Bit(MessageField.Reasoning)) == 0 && !string.IsNullOrWhiteSpace(message.ReasoningContent))
        {
            counts.AddHabit("reasoning-dropped", 1);
        }

        if ((printed & Bit(MessageField.Content)) == 0 && !string.IsNullOrWhiteSpace(message.Content))
        {
            counts.AddHabit("content-dropped", 1);
        }
    }

    private static int Bit(MessageField field) => 1 << (int)field;
}
