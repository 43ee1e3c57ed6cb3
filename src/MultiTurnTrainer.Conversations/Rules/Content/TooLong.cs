using MultiTurnTrainer.Conversations.Findings;
using MultiTurnTrainer.Conversations.Json;
using MultiTurnTrainer.Conversations.Validation;

namespace MultiTurnTrainer.Conversations.Rules;

/// <summary>A conversation is longer than the model's limit.</summary>
internal sealed class TooLong : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT402", "too-long", Severity.Warning, "A conversation is longer than the model's limit.")
        {
            Why = "It is cut or dropped, and what is lost is mostly the last answer.",
            Hint = "Split it, or choose a truncation with `mtt mask --truncation`.",
        };

    private readonly IModelLimits? _model;

    public TooLong(IModelLimits? model)
    {
        _model = model;
    }

    public override void Check(Row row, FindingSink sink)
    {
        if (_model?.MaxTokens is not { } limit || row.MessageList < 0)
        {
            return;
        }

        // A token is at least one byte: short rows need no count.
        int tokens = 0;
        foreach (TextToken text in row.Texts)
        {
            tokens += row.Tape.Text.Length > limit ? _model.CountTokens(text.Utf8) : 0;
        }

        if (tokens > limit)
        {
            sink.Add(this, row, 0, $"the texts have {tokens} tokens without the template's, the limit is {limit}");
        }
    }
}
