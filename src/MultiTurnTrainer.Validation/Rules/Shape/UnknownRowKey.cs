using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row has a key that is not one of a conversation.</summary>
internal sealed class UnknownRowKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT113", "unknown-row-key", Severity.Info, "A row has a key that is not one of a conversation.")
        {
            Why = "It is kept under \"metadata\"; a misspelt \"tools\" or \"messages\" is lost to the template.",
            Hint = "Rename it, or put it under \"metadata\".",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"source":"forum"}""",
        };

    private static readonly string[] _known =
    [
        "messages",
        "tools",
        "functions",
        "id",
        "metadata",
        .. VariablesReader.OfTemplates,
        "images",
        "videos",
        "audios",
    ];

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        if (row.IsConverted || tape[0].Kind != JsonKind.Object)
        {
            return;
        }

        int system = SystemPrompt.Find(tape);
        for (int at = 1; at < tape[0].Next; at = tape[at + 1].Next)
        {
            string name = tape.String(at);
            bool isKnown = _known.Contains(name) || at + 1 == system || SupervisionReader.IsRowKey(tape, at);
            if (isKnown || _said.Count > 1000 || !_said.Add(name))
            {
                continue;
            }

            string? near = Nearest.To(name, _known);
            sink.AddSource(
                this,
                row,
                at,
                $"the key {Shown.Text(tape, at)} is not one of a conversation (reported once a file)",
                near is null ? null : $"\"{near}\" is meant?",
                near is null ? null : Severity.Warning
            );
        }
    }

    public override void EndFile(string file, FindingSink sink) => _said.Clear();
}
