using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Contents are texts in some messages of a file and lists of parts in others.</summary>
internal sealed class MixedContentTypes : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT109",
            "mixed-content-types",
            Severity.Warning,
            "Contents are texts in some messages of a file and lists of parts in others."
        )
        {
            Why =
                "Arrow needs one type a column: the datasets library fails to load such a file or turns texts into lists.",
            Hint = "Write all contents in one way.",
            Bad =
                """{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},{"role":"assistant","content":"hello"}]}""",
        };

    private bool _text;
    private bool _parts;
    private bool _said;

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly MessageView message in row.Messages)
        {
            if (_said || message.Content < 0 || row.IsConverted)
            {
                continue;
            }

            _text |= row.Tape[message.Content].Kind == JsonKind.String;
            _parts |= row.Tape[message.Content].Kind == JsonKind.Array;
            if (_text && _parts)
            {
                _said = true;
                sink.Add(
                    this,
                    row,
                    message.Content,
                    "contents so far were of the other type, text or parts (reported once a file)"
                );
            }
        }
    }

    public override void EndFile(string file, FindingSink sink) => (_text, _parts, _said) = (false, false, false);
}
