using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message has a key that no template reads.</summary>
internal sealed class UnknownKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT103", "unknown-key", Severity.Warning, "A message has a key that no template reads.")
        {
            Why = "A misspelt key is dropped in silence, and with it its text.",
            Hint = "Rename or remove it; what belongs beside the conversation goes under \"metadata\".",
            Bad =
                """{"messages":[{"role":"user","content":"hi","contnet":"x"},{"role":"assistant","content":"hello"}]}""",
        };

    private static readonly string[] _known =
    [
        "role",
        "content",
        "reasoning_content",
        "reasoning",
        "thinking",
        "tool_calls",
        "tool_call_id",
        "name",
        "refusal",
        "function_call",
        "annotations",
        "prefix",
        .. SupervisionReader.Keys,
        "training_detail",
    ];

    private static readonly byte[][] _bytes = [.. _known.Select(System.Text.Encoding.UTF8.GetBytes)];

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (tape[message.Token].Kind != JsonKind.Object)
            {
                continue;
            }

            for (int at = message.Token + 1; at < tape[message.Token].Next; at = tape[at + 1].Next)
            {
                if (!IsKnown(tape.Raw(at)))
                {
                    string? near = Nearest.To(tape.String(at), _known);
                    sink.Add(
                        this,
                        row,
                        at,
                        $"the key {Shown.Text(tape, at)} is not one of a message",
                        near is null ? null : $"\"{near}\" is meant?"
                    );
                }
            }
        }
    }

    private static bool IsKnown(ReadOnlySpan<byte> name)
    {
        foreach (byte[] known in _bytes)
        {
            if (name.SequenceEqual(known))
            {
                return true;
            }
        }

        return false;
    }
}
