using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>An object has the same key twice.</summary>
internal sealed class DuplicateKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT002", "duplicate-key", Severity.Error, "An object has the same key twice.")
        {
            Why = "JSON readers disagree about which value counts, so two tools train on two different texts.",
            Hint = "Keep one of them.",
            Bad = """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"a","content":"b"}]}""",
            Fix = "drop-equal-duplicate-keys",
        };

    public override void CheckText(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        for (int token = 0; token < tape.Count; token++)
        {
            if (tape[token].Kind == JsonKind.Object && tape[token].Next - token > 4)
            {
                Check(tape, token, row, sink);
            }
        }
    }

    private void Check(JsonTape tape, int container, Row row, FindingSink sink)
    {
        if (tape.HasManyKeys(container))
        {
            CheckMany(tape, container, row, sink);
            return;
        }

        int end = tape[container].Next;
        for (int at = container + 1; at < end; at = tape[at + 1].Next)
        {
            for (int before = container + 1; before < at; before = tape[before + 1].Next)
            {
                if (Same(tape, before, at))
                {
                    Report(tape, at, row, sink);
                    break;
                }
            }
        }
    }

    private void CheckMany(JsonTape tape, int container, Row row, FindingSink sink)
    {
        Dictionary<ulong, int> seen = [];
        for (int at = container + 1; at < tape[container].Next; at = tape[at + 1].Next)
        {
            bool escaped = (tape[at].Flags & JsonFlags.Escaped) != 0;
            ulong hash = StableHash.Of(escaped ? Encoding.UTF8.GetBytes(tape.String(at)) : tape.Raw(at));
            if (!seen.TryAdd(hash, at) && Same(tape, seen[hash], at))
            {
                Report(tape, at, row, sink);
            }
        }
    }

    private void Report(JsonTape tape, int name, Row row, FindingSink sink) =>
        sink.AddSource(this, row, name, $"the key {Shown.Text(tape, name)} occurs twice in one object");

    private static bool Same(JsonTape tape, int one, int other) =>
        ((tape[one].Flags | tape[other].Flags) & JsonFlags.Escaped) == 0
            ? tape.Raw(one).SequenceEqual(tape.Raw(other))
            : tape.String(one) == tape.String(other);
}
