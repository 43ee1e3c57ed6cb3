// Folder Contexts: what is sent of a conversation, under the server's policy, and what the client is told of it.
// Refuses to know: HTTP, stores, who answers.
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>The prompts of one conversation as it grows. Not for several threads.</summary>
internal sealed class PromptContext
{
    private readonly PolicyModel _model;
    private readonly ContextAssembler _assembler;
    private readonly RowArtefacts _made = new();
    private bool _factsOnly;
    private readonly RetentionMeter? _retention = ContextTelemetry.Retention.Enabled ? new RetentionMeter([]) : null;
    private string _before = "";
    private AssembledContext? _assembled;

    /// <summary>Begins a conversation, or goes on with one.</summary>
    /// <param name="model">The policy and what counts its tokens.</param>
    /// <param name="source">Tools, state and times as a row has them, and the messages that <paramref name="plan"/> needs.</param>
    /// <param name="plan">Where its plans stood; null begins.</param>
    public PromptContext(PolicyModel model, JsonView source, SessionPlan? plan = null)
    {
        _model = model;
        _assembler = new ContextAssembler(model.With(_made), Conversation.FromJson(source), plan?.State);
        _factsOnly = plan?.KeptFactsOnly ?? false;
    }

    /// <summary>Messages so far.</summary>
    public int Count => _assembler.Record.Count;

    /// <summary>Adds a message.</summary>
    /// <exception cref="MttException">It belongs to no group, or no prompt can hold it.</exception>
    public void Append(JsonView message)
    {
        JsonFields row = new() { ["messages"] = new List<object?> { message } };
        Append(Conversation.FromJson(JsonText.ToView(row)).Messages[0]);
    }

    /// <summary>Takes over what models have just made for these prompts.</summary>
    public void Take(IEnumerable<Artefact> made)
    {
        foreach (Artefact artefact in made)
        {
            _made.Add(artefact);
        }
    }

    /// <summary>From here on prompts are told as far as they can be before models are asked for what is missing.</summary>
    public void AskNobody() => _made.Absent = "it is made with the next turn";

    /// <summary>Characters of the newest prompt that was answered: a measure of what it costs to keep.</summary>
    public int Size => _before.Length;

    /// <summary>Adds a message.</summary>
    /// <exception cref="MttException">It belongs to no group, or no prompt can hold it.</exception>
    public void Append(Message message)
    {
        if (message.Role == Role.Assistant)
        {
            // Every call's plan counts, whether a client has asked for it here or before a restart.
            _before = Assemble().Text;
        }

        _retention?.Append(message, Count);
        _assembler.Append(message);
        _assembled = null;
    }

    /// <summary>Takes over what a server counted for the newest prompt.</summary>
    public void Correct(int promptTokens)
    {
        if (Assemble().Plan.IsEstimate && promptTokens > 0)
        {
            _assembler.Correct(promptTokens);
        }
    }

    /// <summary>The prompt of the answer that comes next.</summary>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public AssembledContext Assemble()
    {
        if (_assembled is not null)
        {
            return _assembled;
        }

        AssembledPrompt prompt = _assembler.Next();
        _factsOnly |= prompt.Plan.Applied.Any(IsKeyFacts);
        string text = prompt.Text.Length > 0 ? prompt.Text : prompt.Json.GetRawText();
        int shared = text.AsSpan().CommonPrefixLength(_before);
        return _assembled = new AssembledContext(prompt.Plan, prompt.Json, text)
        {
            Mode = ModeOf(prompt.Plan),
            PrefixShare = _before.Length == 0 ? 0 : (double)shared / text.Length,
        };
    }

    /// <summary>
    /// The prompt again where the model found it too long: shorter by a quarter of the budget, but by no more than half of it, nor by more
    /// than its earlier turns.
    /// </summary>
    /// <exception cref="MttException">Nothing in it may leave.</exception>
    public AssembledContext Shorten()
    {
        ContextPlan plan = Assemble().Plan;
        BudgetParts parts = plan.Parts;
        int question = Count - 1;
        while (question > 0 && _assembler.Record[question].Role != Role.User)
        {
            question--;
        }

        int newest = plan.Items.Where(item => item.Sources.Any(source => source >= question)).Sum(item => item.Tokens);
        int less = Math.Min(Math.Min(parts.Budget / 4, parts.Prompt / 2), parts.History - newest);
        _assembler.Refit(Math.Max(parts.Prompt, parts.Budget) + Math.Max(1, less));
        _assembled = null;
        return Assemble();
    }

    /// <summary>
    /// Measures how much the newest prompt holds of what must not be forgotten, where anybody listens to <see cref="ContextTelemetry"/>. What
    /// was said before these prompts were gone on with from saved plans does not count.
    /// </summary>
    public void MeasureRetention() => _retention?.Of(Assemble().Plan);

    /// <summary>Where the plans stand, before a turn's messages are added; null except after an answer.</summary>
    /// <param name="key">Names what they depend on.</param>
    public SessionPlan? Save(string key) =>
        _assembler.Save() is { } state ? new SessionPlan(key, state, _factsOnly) : null;

    /// <summary>The ids of the newest prompt, as a model in this process is asked with; null where no model is known.</summary>
    public int[]? Ids() => _model.Model is null ? null : _assembler.Ids();

    private bool IsKeyFacts(AppliedStep step) =>
        step.Step >= 0 && _model.Policy.Steps[step.Step].Do.Contains(StepAction.KeyFacts);

    private string ModeOf(ContextPlan plan) =>
        plan.LeftOut.Count == 0 && plan.Items.All(item => item.Kind is not (ItemKind.Summary or ItemKind.Facts))
            ? "full"
        : _factsOnly ? "facts"
        : "summarised";
}

/// <summary>A prompt, and what a client is told of it.</summary>
/// <param name="Plan">What it holds and why.</param>
/// <param name="Messages">Its messages, a JSON array.</param>
/// <param name="Text">The rendered text, or the messages' JSON where no template is known.</param>
internal sealed record AssembledContext(ContextPlan Plan, JsonView Messages, string Text)
{
    /// <summary><c>full</c>, <c>summarised</c> or <c>facts</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>The share of the prompt that begins as the one before: what a prefix cache can reuse.</summary>
    public required double PrefixShare { get; init; }

    /// <summary>SHA-256 of the messages.</summary>
    public string Hash() => ContentHash.Of(Messages.RawUtf8);

    /// <summary>The share of the budget that is used; an estimate that a server's counts moved may be below nothing.</summary>
    public double Used => Math.Max(0.0, Plan.Parts.Prompt) / Math.Max(1, Plan.Parts.Budget);
}
