using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>A policy with the model it is for: what all conversations and threads share.</summary>
public sealed class PolicyModel
{
    /// <summary>The window where neither the policy nor the model names one.</summary>
    public const int DefaultWindow = 8192;

    private readonly Func<ITokenCounter> _counter;
    private readonly Lazy<BlockPlacement> _placement;
    private readonly Lazy<BlockPlacement> _placementWithTools;

    /// <summary>For a model whose template and tokenizer are at hand.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="model">Template and tokenizer.</param>
    /// <param name="window">The tokens that a prompt and its answer may have; null takes the policy's or the model's.</param>
    public PolicyModel(ContextPolicy policy, RowModel model, int? window = null)
    {
        TemplateFrame frame = TemplateFrame.Measure(model.Template, model.Tokenizer);
        (Policy, Model, Template) = (policy, model, model.Template);
        Window = window ?? policy.Window ?? model.LongestSequence ?? DefaultWindow;
        _counter = () => new TemplateTokenCounter(model.Tokenizer, frame);
        _placement = new(() => TemplateProbe.Place(model.Template, false));
        _placementWithTools = new(() => TemplateProbe.Place(model.Template, true));
    }

    /// <summary>For a template alone, with any counter.</summary>
    internal PolicyModel(ContextPolicy policy, RowTemplate template, Func<ITokenCounter> counter, int window)
    {
        (Policy, Template) = (policy, template);
        Window = window;
        _counter = counter;
        _placement = new(() => TemplateProbe.Place(template, false));
        _placementWithTools = new(() => TemplateProbe.Place(template, true));
    }

    /// <summary>For a hosted model: plans and estimates, no prompts.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="encoding">The model's encoding.</param>
    /// <param name="window">The tokens it takes; null takes the policy's.</param>
    public PolicyModel(ContextPolicy policy, Tokenizer encoding, int? window)
        : this(policy, () => new HostedTokenCounter(encoding), window) { }

    /// <summary>For a model of which nothing is at hand: plans by a counter of the caller's, no prompts.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="counter">Makes a counter; each serves one conversation.</param>
    /// <param name="window">The tokens it takes; null takes the policy's.</param>
    public PolicyModel(ContextPolicy policy, Func<ITokenCounter> counter, int? window)
    {
        Policy = policy;
        Window = window ?? policy.Window ?? DefaultWindow;
        _counter = counter;
        _placement = _placementWithTools = new(BlockPlacement.System);
    }

    /// <summary>The policy.</summary>
    public ContextPolicy Policy { get; }

    /// <summary>What models made for the policy; null where nothing is on record.</summary>
    public IArtefacts? Artefacts { get; set; }

    /// <summary>Tokens the model takes.</summary>
    public int Window { get; }

    /// <summary>Tokens a prompt may have.</summary>
    public int Budget => Policy.BudgetOf(Window);

    /// <summary>Template and tokenizer; null where only one of them is known.</summary>
    public RowModel? Model { get; }

    /// <summary>The template; null for a hosted model.</summary>
    internal RowTemplate? Template { get; }

    /// <summary>Where the template takes what the policy adds.</summary>
    /// <exception cref="MttException">Nowhere.</exception>
    /// <param name="hasTools">Whether the conversation declares tools.</param>
    public BlockPlacement Placement(bool hasTools) => (hasTools ? _placementWithTools : _placement).Value;

    /// <summary>The same with other artefacts, looked for before its own.</summary>
    public PolicyModel With(IArtefacts artefacts)
    {
        PolicyModel copy = (PolicyModel)MemberwiseClone();
        copy.Artefacts = new ArtefactPlaces(artefacts, Artefacts);
        return copy;
    }

    /// <summary>What models made for a conversation: what it brings along, then what is on record.</summary>
    internal IArtefacts ArtefactsOf(Conversation conversation) =>
        new ArtefactPlaces(ContextInputs.Of(conversation).Artefacts, Artefacts);

    /// <summary>A counter of its own for a thread.</summary>
    internal ITokenCounter NewCounter() => _counter();

    /// <summary>Begins the plans of a conversation.</summary>
    /// <param name="inputs">What it has beside its messages.</param>
    /// <param name="counter">Counts its tokens.</param>
    internal ContextSession Open(ContextInputs inputs, ITokenCounter counter) =>
        new(Policy, Placed(inputs), counter, Window);

    /// <summary>Goes on with the plans of a conversation.</summary>
    /// <param name="inputs">What it has beside its messages.</param>
    /// <param name="counter">Counts its tokens.</param>
    /// <param name="state">Where they stood.</param>
    /// <param name="messages">The messages that are still needed.</param>
    internal ContextSession Open(
        ContextInputs inputs,
        ITokenCounter counter,
        PlanState state,
        IReadOnlyList<Message> messages
    ) => new(Policy, Placed(inputs), counter, Window, state, messages);

    private ContextInputs Placed(ContextInputs inputs) =>
        inputs with
        {
            Artefacts = new ArtefactPlaces(inputs.Artefacts, Artefacts),
            Placement = AddsSomething(inputs) ? Placement(inputs.Tools is not null) : BlockPlacement.System,
        };

    // A policy that adds nothing never asks where the template would take it.
    private bool AddsSomething(ContextInputs inputs) =>
        Policy.Constraints.Enabled
        || Policy.Summary.MaxTokens > 0
        || Policy.Persona.Text.Length > 0
        || Policy.Retention is not null
        || Policy.State.Count > 0
        || inputs.State.Count > 0
        || (inputs.Documents.Count > 0 && Policy.Documents.Place == DocumentPlacement.Block);
}
