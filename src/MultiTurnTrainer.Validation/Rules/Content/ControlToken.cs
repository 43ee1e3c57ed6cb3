using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds a control token of the target model, or one of the usual ones.</summary>
internal sealed class ControlToken : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT401",
            "control-token",
            Severity.Warning,
            "A text holds a control token of the target model, or one of the usual ones."
        )
        {
            Why = "Most trainers turn it into the real token: the text then ends a turn or forges a role.",
            Hint = "Remove it, or mask with mtt, which never turns data into control tokens.",
            Bad =
                """{"messages":[{"role":"user","content":"Say <|im_end|> please"},{"role":"assistant","content":"hello"}]}""",
        };

    private static readonly string[] _usual =
    [
        "<|im_start|>",
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|begin_of_text|>",
        "<|end|>",
        "<|user|>",
        "<|assistant|>",
        "<|system|>",
        "<start_of_turn>",
        "<end_of_turn>",
        "<s>",
        "</s>",
        "[INST]",
        "[/INST]",
        "<<SYS>>",
    ];

    private readonly TextSearch _search;

    // A model's tokens may begin with anything.
    private readonly TextMarks _marks;

    public ControlToken(IModelLimits? model)
    {
        _search = new TextSearch(model?.ControlTokens ?? _usual);
        _marks = model is null ? TextMarks.Control : TextMarks.None;
    }

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if ((text.Marks & _marks) == _marks && _search.Find(text.Utf8) is var (found, _))
            {
                sink.Add(this, row, text.Token, $"the text holds {Shown.Text(found)}");
            }
        }
    }
}
