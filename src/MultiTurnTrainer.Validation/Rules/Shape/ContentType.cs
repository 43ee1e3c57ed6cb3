using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A content is neither a text nor a list of parts.</summary>
internal sealed class ContentType : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT106", "content-type", Severity.Error, "A content is neither a text nor a list of parts.")
        {
            Why = "Templates print numbers and objects in their own way, or fail.",
            Hint = "Write the content as a string.",
            Bad = """{"messages":[{"role":"user","content":42},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (message.Content < 0)
            {
                continue;
            }

            if (tape[message.Content].Kind == JsonKind.Array)
            {
                CheckParts(row, message.Content, sink);
            }
            else if (tape[message.Content].Kind == JsonKind.Null)
            {
                // null beside tool calls is OpenAI's own way.
                if (message.Role != Role.Assistant)
                {
                    sink.Add(this, row, message.Content, "the content is null");
                }
            }
            else if (tape[message.Content].Kind != JsonKind.String)
            {
                sink.Add(this, row, message.Content, $"the content is {Shown.Kind(tape, message.Content)}, not a text");
            }

            if (message.Reasoning >= 0 && tape[message.Reasoning].Kind is not (JsonKind.String or JsonKind.Null))
            {
                sink.Add(
                    this,
                    row,
                    message.Reasoning,
                    $"the reasoning is {Shown.Kind(tape, message.Reasoning)}, not a text"
                );
            }
        }
    }

    private void CheckParts(Row row, int content, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        for (int part = content + 1; part < tape[content].Next; part = tape[part].Next)
        {
            if (tape[part].Kind == JsonKind.String)
            {
                continue;
            }

            if (tape[part].Kind != JsonKind.Object)
            {
                sink.Add(this, row, part, $"the part is {Shown.Kind(tape, part)}, not an object");
            }
            else if (tape.Find(part, "type"u8) is var type && (type < 0 || tape.Is(type, "text"u8)))
            {
                int text = tape.Find(part, "text"u8);
                if (text < 0 || tape[text].Kind != JsonKind.String)
                {
                    sink.Add(this, row, part, "the part has no text", "Write {\"type\": \"text\", \"text\": \"…\"}.");
                }
            }
        }
    }
}
