using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A conversation is longer than the model's limit.</summary>
internal sealed class TooLong : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT402", "too-long", Severity.Warning, "A conversation is longer than the model's limit.")
        {
            Why = "It is cut or dropped, and what is lost is mostly the last answer.",
            Hint = "Split it, or choose a truncation with `mtt mask --truncate`.",
        };

    /// <summary>More than templates write around a conversation without tools.</summary>
    private const int TemplateBytes = 8192;

    private readonly IModelLimits? _model;

    public TooLong(IModelLimits? model)
    {
        _model = model;
    }

    public override void Check(Row row, FindingSink sink)
    {
        if (
            _model?.MaxTokens is not { } limit
            || row.MessageList < 0
            || row.Tape[row.MessageList].Kind != JsonKind.Array
        )
        {
            return;
        }

        // A token is at least one byte, and templates are short: rows far below the limit need no count.
        if (row.Tape.Text.Length + TemplateBytes <= limit)
        {
            return;
        }

        Conversation conversation = Conversation.FromJson(new JsonView(row.Tape, 0));
        if (_model.CountRowTokens(conversation) is { } whole)
        {
            Report(whole, "the row has {0} tokens, the limit is {1}");
            return;
        }

        int texts = 0;
        foreach (TextToken text in row.Texts)
        {
            texts += _model.CountTokens(text.Utf8);
        }

        Report(texts, "the texts have {0} tokens without the template's, the limit is {1}");

        void Report(int tokens, string message)
        {
            if (tokens > limit)
            {
                sink.Add(this, row, 0, string.Format(CultureInfo.InvariantCulture, message, tokens, limit));
            }
        }
    }
}
