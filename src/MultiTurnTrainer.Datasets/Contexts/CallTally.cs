namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Sums up the calls of one conversation: tokens, what is kept, what other rules would have lost.</summary>
internal sealed class CallTally
{
    private readonly PolicyModel _model;
    private readonly ContextReport _report;
    private readonly ITokenCounter _counter;
    private readonly RetentionMeter _retention;
    private readonly List<AnswerPlace> _answers = [];
    private readonly List<int> _turnStarts = [];
    private readonly string _place;
    private int _total;
    private int _messages;
    private int _layout = -1;
    private bool _hasReply = true;

    public CallTally(PolicyModel model, ContextReport report, ITokenCounter counter, Conversation conversation)
    {
        (_model, _report, _counter, _place) = (model, report, counter, conversation.Id ?? conversation.Place);
        _retention = new RetentionMeter(MustKeep.Of(conversation));
        _total = counter.Frame + (conversation.Tools is { } tools ? counter.CountTools(tools) : 0);
        report.Conversations++;
    }

    /// <summary>Tokens of the conversation as it stands.</summary>
    public int Total => _total;

    /// <summary>Takes over a call.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="tokens">Tokens of its prompt.</param>
    /// <param name="fresh">Tokens that are not a prefix of the previous prompt.</param>
    /// <param name="answer">The answer that followed.</param>
    /// <returns>What is kept, and whether the policy changed what stood in an earlier prompt.</returns>
    public (RetentionCount Retention, bool IsRewrite) Call(ContextPlan plan, int tokens, int fresh, Message answer)
    {
        bool rewrites = _layout >= 0 && _layout != plan.Layout;
        _layout = plan.Layout;
        bool isPlain =
            plan.Block.Length == 0
            && plan.Items.All(item => item.Kind is ItemKind.Message or ItemKind.System or ItemKind.Document);
        _answers.Add(new(_total, _total + _counter.Count(answer), plan.Turn, plan.FirstTurn, isPlain));
        RetentionCount kept = _retention.Of(plan);
        _report.AddArtefacts(plan, _place);
        _report.Calls++;
        _report.Tokens += tokens;
        _report.FreshTokens += fresh;
        _report.NaiveTokens += plan.NaiveTokens;
        _report.Longest = Math.Max(_report.Longest, tokens);
        _report.OverBudget += tokens > _model.Budget ? 1 : 0;
        _report.Rewrites += rewrites ? 1 : 0;
        _report.Retention += kept;
        return (kept, rewrites);
    }

    /// <summary>Takes over a message.</summary>
    public void Append(Message message)
    {
        bool opens =
            _turnStarts.Count == 0 ? message.Role is not (Role.System or Role.Developer) : message.Role == Role.User;
        if (opens && _hasReply)
        {
            _turnStarts.Add(_total);
            _hasReply = false;
        }

        _hasReply |= message.Role is Role.Assistant or Role.Tool;
        _retention.Append(message, _messages++);
        _total += _counter.Count(message);
    }

    /// <summary>The conversation has ended.</summary>
    public void End() => _report.Rivals.Add(_answers, _turnStarts, _total, _model.Budget);
}
