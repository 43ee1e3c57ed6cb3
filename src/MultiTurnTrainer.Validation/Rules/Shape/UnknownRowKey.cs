using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

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

    // Said by another rule.
    private static readonly string[] _media = ["images", "videos", "audios"];

    private static readonly string[] _known = [.. _media, "messages", "tools", "functions", "id", "metadata"];

    private static readonly string[] _ofRows = [.. _known, .. VariablesReader.OfTemplates];

    private static readonly string[] _beside =
    [
        .. _ofRows,
        "system",
        "history",
        "conversations",
        "instruction",
        "output",
    ];

    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        if (row.IsConverted)
        {
            foreach (int at in row.KeptKeys)
            {
                Say(row, at, _media, _beside, sink);
            }

            return;
        }

        if (tape[0].Kind != JsonKind.Object)
        {
            return;
        }

        int list = MessageList.Find(tape);
        int system = SystemPrompt.IsIn(tape, list) ? -1 : SystemPrompt.Find(tape);
        for (int at = 1; at < tape[0].Next; at = tape[at + 1].Next)
        {
            bool isRead =
                at + 1 == system || VariablesReader.IsOfTemplates(tape, at) || SupervisionReader.IsRowKey(tape, at);
            if (at + 1 != list && !isRead)
            {
                Say(row, at, _known, _ofRows, sink);
            }
        }
    }

    public override void EndFile(string file, FindingSink sink) => _said.Clear();

    private void Say(Row row, int at, string[] silent, string[] known, FindingSink sink)
    {
        JsonTape tape = row.Source;
        string name = tape.String(at);
        // What kto learns from.
        bool isLabel = name is "label" or "kto_tag" && tape[at + 1].Kind is JsonKind.True or JsonKind.False;
        bool isSilent =
            isLabel
            || tape[at + 1].Kind == JsonKind.Null
            || (tape[at + 1].Kind == JsonKind.String && tape[at + 1].Length == 0);
        if (isSilent || silent.Contains(name) || _said.Count > 1000 || !_said.Add(name))
        {
            return;
        }

        string? near = known.Contains(name) ? null : Nearest.To(name, known);
        sink.AddSource(
            this,
            row,
            at,
            tape.Is(at, "documents"u8)
                ? $"{Shown.Text(tape, at)} is {Shown.Kind(tape, at + 1)}, not a list, and does not reach the template (reported once a file)"
                : $"the key {Shown.Text(tape, at)} is not one of a conversation (reported once a file)",
            near is null ? null : $"\"{near}\" is meant?",
            near is null ? null : Severity.Warning
        );
    }
}
