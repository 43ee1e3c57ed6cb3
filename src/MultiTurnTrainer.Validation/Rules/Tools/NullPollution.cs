using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Tools or arguments hold keys with null that come from other rows.</summary>
internal sealed class NullPollution : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT309",
            "null-pollution",
            Severity.Warning,
            "Tools or arguments hold keys with null that come from other rows."
        )
        {
            Why =
                "Arrow gives every row the keys of all rows; the nulls reach the prompt, and the model learns to write them.",
            Hint = "Keep such columns as JSON text, or drop the nulls; --fix does.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"},"b":null}}}}]}""",
            Fix = "drop-null-keys",
        };

    private readonly EmbeddedJson _inner = new();

    public override void Check(Row row, FindingSink sink)
    {
        if (row.Tools >= 0 && Count(row.Tape, row.Tools, inData: false) is > 0 and var inTools)
        {
            sink.Add(this, row, row.Tools, $"the tools hold {Counted.Of(inTools, "key")} with null");
        }

        foreach (ref readonly CallView call in row.Calls)
        {
            CheckArguments(row, call, sink);
        }
    }

    private void CheckArguments(Row row, CallView call, FindingSink sink)
    {
        // A declared parameter may be null on purpose; only an undeclared one is pollution.
        int tool = row.Tools >= 0 ? DeclaredTools.Find(row, call.Name) : -1;
        int schema = tool >= 0 ? row.Tape.Find(tool, "parameters"u8) : -1;
        int properties = schema >= 0 ? row.Tape.Find(schema, "properties"u8) : -1;
        if (call.Arguments < 0 || properties < 0)
        {
            return;
        }

        (JsonTape tape, int value) = (row.Tape, call.Arguments);
        if (tape[value].Kind == JsonKind.String && _inner.Scan(tape, value))
        {
            (tape, value) = (_inner.Tape, 0);
        }

        if (tape[value].Kind != JsonKind.Object)
        {
            return;
        }

        for (int at = value + 1; at < tape[value].Next; at = tape[at + 1].Next)
        {
            if (tape[at + 1].Kind == JsonKind.Null && row.Tape.Find(properties, tape.Raw(at)) < 0)
            {
                sink.Add(
                    this,
                    row,
                    tape == row.Tape ? at : call.Arguments,
                    $"{Shown.Text(tape, at)} is null and no parameter of {CallMatching.Name(row, call)}",
                    "Drop the key."
                );
            }
        }
    }

    /// <summary>Keys with null in a schema, except where null is data (<c>default</c>, <c>const</c>, <c>enum</c>).</summary>
    public static int Count(JsonTape tape, int value, bool inData)
    {
        int count = 0;
        bool isObject = tape[value].Kind == JsonKind.Object;
        if (!isObject && tape[value].Kind != JsonKind.Array)
        {
            return 0;
        }

        for (int at = value + 1; at < tape[value].Next; at = tape[isObject ? at + 1 : at].Next)
        {
            int inner = isObject ? at + 1 : at;
            bool data = inData || (isObject && IsData(tape, at));
            count += isObject && !data && tape[inner].Kind == JsonKind.Null ? 1 : Count(tape, inner, data);
        }

        return count;
    }

    /// <summary>Whether a schema key holds data rather than schema.</summary>
    public static bool IsData(JsonTape tape, int name) =>
        tape.Is(name, "default"u8)
        || tape.Is(name, "const"u8)
        || tape.Is(name, "enum"u8)
        || tape.Is(name, "examples"u8);
}
