using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

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
            Hint = "Keep such columns as JSON text, or drop the nulls; readers leave them out, and --fix does.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"},"b":null}}}}]}""",
            Fix = "drop-null-keys",
        };

    private readonly EmbeddedJson _inner = new();
    private readonly List<int> _found = [];

    public override void Check(Row row, FindingSink sink)
    {
        if (!AddedNulls.MayHold(row.Tape.Text))
        {
            return;
        }

        _found.Clear();
        if (row.Tools >= 0)
        {
            AddedNulls.InSchema(row.Tape, row.Tools, _found);
        }

        if (_found.Count > 0)
        {
            sink.Add(this, row, row.Tools, $"the tools hold {Counted.Of(_found.Count, "key")} with null");
        }

        foreach (ref readonly CallView call in row.Calls)
        {
            CheckArguments(row, call, sink);
        }
    }

    private void CheckArguments(Row row, CallView call, FindingSink sink)
    {
        if (call.Arguments < 0)
        {
            return;
        }

        int tool = DeclaredTools.Find(row.Tape, row.Tools, row.Tape, call.Name);
        (JsonTape tape, int value) = (row.Tape, call.Arguments);
        if (tape[value].Kind == JsonKind.String)
        {
            // Arrow adds nothing to a text: only what a declared tool does not know is taken for added.
            if (tool < 0 || tape.Raw(value).IndexOf("null"u8) < 0 || !_inner.Scan(tape, value))
            {
                return;
            }

            (tape, value) = (_inner.Tape, 0);
        }

        _found.Clear();
        AddedNulls.InArguments(tape, value, row.Tape, tool, _found);
        foreach (int at in _found)
        {
            sink.Add(
                this,
                row,
                tape == row.Tape ? at : call.Arguments,
                tool >= 0
                    ? $"{Shown.Text(tape, at)} is null and no parameter of {CallMatching.Name(row, call)}"
                    : $"{Shown.Text(tape, at)} is null, and no declared tool has it as a parameter",
                "Drop the key; readers leave it out, and --fix does."
            );
        }
    }
}
