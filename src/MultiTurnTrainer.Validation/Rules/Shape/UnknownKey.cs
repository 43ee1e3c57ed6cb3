// Folder Shape: rules on keys, roles and types.
// Refuses to know: what texts say.
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A message has a key that no template reads.</summary>
internal sealed class UnknownKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT103", "unknown-key", Severity.Warning, "A message or a call has a key that no template reads.")
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
        "function_call",
        "annotations",
        "prefix",
        .. SupervisionReader.Keys,
        "training_detail",
    ];

    // What every message of the Responses API carries.
    private static readonly string[] _ofItems = [.. _known, "type", "id", "status"];

    private static readonly string[] _reasoning = ["reasoning_content", "reasoning", "thinking"];

    private static readonly string[] _ofCalls =
    [
        "id",
        "type",
        "function",
        "index",
        "name",
        "arguments",
        "parameters",
        .. SupervisionReader.Keys,
    ];

    private static readonly byte[][] _bytes = Bytes(_known);
    private static readonly byte[][] _bytesOfItems = Bytes(_ofItems);
    private static readonly byte[][] _bytesOfCalls = Bytes(_ofCalls);

    public override void Check(Row row, FindingSink sink)
    {
        foreach (int at in row.UnreadKeys)
        {
            sink.AddSource(
                this,
                row,
                at,
                $"the key {Shown.Text(row.Source, at)} has no place in a message and is left out"
            );
        }

        bool areItems = row.Format is ResponsesFormat;
        foreach (ref readonly MessageView message in row.Messages)
        {
            CheckKeys(
                row,
                message.Token,
                areItems ? _ofItems : _known,
                areItems ? _bytesOfItems : _bytes,
                "a message",
                sink
            );
            if (message.Reasoning >= 0)
            {
                CheckReasoning(row, message, sink);
            }
        }

        foreach (ref readonly CallView call in row.Calls)
        {
            CheckKeys(row, call.Token, _ofCalls, _bytesOfCalls, "a call", sink);
            if (row.Tape.Present(call.Token, "function"u8) is >= 0 and int function)
            {
                CheckKeys(row, function, _ofCalls, _bytesOfCalls, "a call", sink);
            }
        }
    }

    private void CheckKeys(Row row, int owner, string[] names, byte[][] known, string what, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        for (int at = owner + 1; tape[owner].Kind == JsonKind.Object && at < tape[owner].Next; at = tape[at + 1].Next)
        {
            if (!IsKnown(known, tape.Raw(at)) && !SaysNothing(tape, at + 1))
            {
                string? near = Nearest.To(tape.String(at), names);
                sink.Add(
                    this,
                    row,
                    at,
                    $"the key {Shown.Text(tape, at)} is not one of {what}",
                    near is null ? null : $"\"{near}\" is meant?"
                );
            }
        }
    }

    /// <summary>Reasoning that is said under two names, and differently: each template prints another.</summary>
    private void CheckReasoning(Row row, MessageView message, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        foreach (string name in _reasoning)
        {
            int other = tape.Present(message.Token, System.Text.Encoding.UTF8.GetBytes(name));
            if (other >= 0 && !tape.RawValue(other).SequenceEqual(tape.RawValue(message.Reasoning)))
            {
                sink.Add(
                    this,
                    row,
                    other,
                    $"\"{name}\" and {Shown.Text(tape, message.Reasoning - 1)} say different things: each template prints one of them",
                    "Keep one of them."
                );
            }
        }
    }

    private static bool SaysNothing(JsonTape tape, int value) =>
        tape[value].Kind switch
        {
            JsonKind.Null => true,
            JsonKind.String => tape[value].Length == 0,
            JsonKind.Array or JsonKind.Object => tape[value].Next == value + 1,
            _ => false,
        };

    private static byte[][] Bytes(string[] names) => [.. names.Select(System.Text.Encoding.UTF8.GetBytes)];

    private static bool IsKnown(byte[][] known, ReadOnlySpan<byte> name)
    {
        foreach (byte[] one in known)
        {
            if (name.SequenceEqual(one))
            {
                return true;
            }
        }

        return false;
    }
}
