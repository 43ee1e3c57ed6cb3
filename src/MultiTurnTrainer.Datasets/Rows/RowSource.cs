namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>A conversation with everything that stays the same over its rows: weights, targets, template variables.</summary>
internal sealed class RowSource
{
    private readonly IReadOnlyDictionary<string, JsonView> _variables;
    private readonly string? _bos;
    private readonly string? _eos;
    private readonly DateTimeOffset? _now;
    private readonly double _budget;

    public RowSource(Conversation conversation, RowTemplate template, RowOptions options)
    {
        Conversation = conversation;
        All = ConversationView.Of(conversation);
        Supervision = conversation.Supervision;
        Turns = Turn.Numbers([.. conversation.Messages.Select(message => message.Role)]);
        List<int> targets = [];
        for (int i = 0; i < conversation.Messages.Count; i++)
        {
            if (options.Roles.Contains(conversation.Messages[i].Role))
            {
                targets.Add(i);
            }
        }

        HasLearnable = targets.Count > 0;
        if (options.LastOnly && targets.Count > 1)
        {
            targets.RemoveRange(0, targets.Count - 1);
        }

        targets.RemoveAll(target => Supervision.WeightOf(target) == 0);
        Targets = targets;
        Template = template.Chat.TemplateFor(conversation.Tools is not null);
        _variables = template.With(conversation.Variables);
        _now = template.Now;
        _budget = template.Budget;
        _bos = conversation.TryGetBosToken(out string? bos) ? bos : template.Chat.BosToken;
        bool ownEos = conversation.TryGetEosToken(out string? eos);
        _eos = ownEos ? eos : template.Chat.EosToken;
        Stops = template.StopsFor(conversation.Stops, ownEos ? _eos : null);
    }

    /// <summary>The conversation.</summary>
    public Conversation Conversation { get; }

    /// <summary>All its messages.</summary>
    public ConversationView All { get; }

    /// <summary>How much each message counts.</summary>
    public Supervision Supervision { get; }

    /// <summary>The number of the exchange that each message belongs to.</summary>
    public int[] Turns { get; }

    /// <summary>The messages to learn, ascending.</summary>
    public IReadOnlyList<int> Targets { get; }

    /// <summary>Whether any message has a role that is supervised.</summary>
    public bool HasLearnable { get; }

    /// <summary>The template: the model's, or the one it has for conversations with tools.</summary>
    public ChatTemplate Template { get; }

    /// <summary>The tokens that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; }

    /// <summary>What the template sees of some messages.</summary>
    public RenderInput Input(ConversationView view) =>
        new(view.Json)
        {
            Tools = Conversation.Tools,
            Variables = _variables,
            BosToken = _bos,
            EosToken = _eos,
            Now = _now,
            Budget = _budget,
        };

    /// <summary>
    /// The end of the run: a template that used up its budget on one conversation would take as long for every other one.
    /// </summary>
    public static MttException OverBudget(Conversation conversation, TemplateException problem) =>
        new(
            $"{conversation.Place}: the chat template, {problem.Describe()}",
            "Look at that place of the template; --template-budget 10 gives it ten times as much.",
            problem
        );
}
