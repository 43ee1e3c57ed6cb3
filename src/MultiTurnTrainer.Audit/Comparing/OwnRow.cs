namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>What a token of mtt's own row is.</summary>
internal enum TokenPlace
{
    /// <summary>Outside messages, or what the template writes around those of others.</summary>
    Template,

    /// <summary>The header of an answer.</summary>
    Header,

    /// <summary>An answer's words, or what the template writes among them.</summary>
    Answer,

    /// <summary>An answer's reasoning.</summary>
    Reasoning,

    /// <summary>An answer's calls.</summary>
    Call,

    /// <summary>The token that ends an answer.</summary>
    Stop,

    /// <summary>Behind it, in the answer's turn.</summary>
    AfterStop,

    /// <summary>A turn of the assistant's that is not to be supervised.</summary>
    NotToLearn,

    /// <summary>The user's words.</summary>
    User,

    /// <summary>The system message's.</summary>
    System,

    /// <summary>A tool's.</summary>
    ToolResult,

    /// <summary>The declarations of tools.</summary>
    Tools,
}

/// <summary>A row that mtt made and proved, asked token by token what each is.</summary>
internal sealed class OwnRow
{
    private readonly BuiltRow _built;
    private readonly (int Message, int Start, int Stop, int End)[] _answers;

    public OwnRow(BuiltRow built)
    {
        _built = built;
        _answers =
        [
            .. built.Masked.Answers.Select(answer =>
                (
                    answer.Message,
                    built.Text.ByteOf(answer.Start),
                    built.Text.ByteOf(answer.Stop.Start),
                    built.Text.ByteOf(answer.End)
                )
            ),
        ];
    }

    /// <summary>Ids, labels and weights.</summary>
    public TokenRow Row => _built.Row;

    /// <summary>The row with everything that a view of it needs.</summary>
    public BuiltRow Built => _built;

    /// <summary>How many answers are to be supervised.</summary>
    public int Answers => _answers.Length;

    /// <summary>The answer, by its number among those to be supervised, whose turn a token stands in; −1 for none.</summary>
    public int AnswerOf(int token)
    {
        int start = _built.Places[token].Start;
        return Array.FindIndex(_answers, answer => answer.Start <= start && start < answer.End);
    }

    /// <summary>The index of the message that a token belongs to, in the data; −1 for none.</summary>
    public int MessageOf(int token)
    {
        RenderedSpan span = SpanOf(token);
        int message = span.Origin.MessageIndex >= 0 ? span.Origin.MessageIndex : span.Context;
        return message < 0 ? -1 : _built.View.Indexes[message];
    }

    /// <summary>What a token is.</summary>
    public TokenPlace PlaceOf(int token)
    {
        (int start, int end) = _built.Places[token];
        RenderedSpan span = SpanOf(token);
        if (span.Origin.Kind == OriginKind.Tool)
        {
            return TokenPlace.Tools;
        }

        int message = span.Origin.MessageIndex;
        if (
            message >= 0
            && _built.View.Messages[message].Role != Role.Assistant
            && span.Origin.Field != MessageField.Role
        )
        {
            return OfRole(_built.View.Messages[message].Role);
        }

        int turn = span.Context >= 0 ? span.Context : message;
        if (turn < 0 || _built.View.Messages[turn].Role != Role.Assistant)
        {
            int after = Array.FindIndex(_answers, answer => answer.Stop <= start && start < answer.End);
            bool isTail =
                turn < 0
                && _answers.Length > 0
                && start >= _answers[^1].End
                && (span.Traits & SpanTraits.OutsideLoop) != 0;
            return after >= 0 ? TokenPlace.Stop
                : isTail ? TokenPlace.AfterStop
                : TokenPlace.Template;
        }

        int own = Array.FindIndex(_answers, answer => answer.Message == turn);
        if (own < 0)
        {
            return TokenPlace.NotToLearn;
        }

        (int _, int first, int stop, int last) = _answers[own];
        return start < first ? TokenPlace.Header
            : start >= last ? TokenPlace.AfterStop
            : start >= stop || (end >= last && last > stop) ? TokenPlace.Stop
            : OfField(span.Origin.Field);
    }

    private RenderedSpan SpanOf(int token) => _built.Text.Span(_built.Text.SpanAtByte(_built.Places[token].Start));

    private static TokenPlace OfRole(Role role) =>
        role switch
        {
            Role.User => TokenPlace.User,
            Role.Tool => TokenPlace.ToolResult,
            _ => TokenPlace.System,
        };

    private static TokenPlace OfField(MessageField field) =>
        field switch
        {
            MessageField.Reasoning => TokenPlace.Reasoning,
            MessageField.CallName or MessageField.CallArguments => TokenPlace.Call,
            _ => TokenPlace.Answer,
        };
}
