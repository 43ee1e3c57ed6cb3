using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>The policy of the server, with what counts its tokens.</summary>
public sealed class ServedPolicy
{
    private readonly PolicyModel _model;

    /// <summary>A policy over a model whose template and tokenizer are known.</summary>
    /// <param name="name">Its name, for people.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="model">Template and tokenizer; null estimates.</param>
    /// <param name="window">Tokens the model takes; null takes the policy's or the model's.</param>
    public ServedPolicy(string name, ContextPolicy policy, RowModel? model, int? window = null)
        : this(
            name,
            model is null
                ? new PolicyModel(policy, static () => new ByteTokenCounter(), window)
                : new PolicyModel(policy, model, window)
        ) { }

    internal ServedPolicy(string name, PolicyModel model)
    {
        (Name, _model) = (name, model);
        Fingerprint = PolicyFingerprint.Of(model.Policy);
    }

    /// <summary>Its name, for people.</summary>
    public string Name { get; }

    /// <summary>Its hash.</summary>
    public string Fingerprint { get; }

    /// <summary>The policy.</summary>
    public ContextPolicy Policy => _model.Policy;

    /// <summary>Whether the prompts' text is known, and not their messages alone.</summary>
    internal bool HasTemplate => _model.Model is not null;

    /// <summary>The steps of the policy as its canonical form writes them.</summary>
    internal IEnumerable<JsonView> Steps() =>
        JsonView.Parse(PolicyFingerprint.Canonical(Policy)).GetProperty("steps").EnumerateArray();

    /// <summary>Begins a conversation without messages.</summary>
    /// <param name="tools">The declared tools.</param>
    /// <param name="artefacts">Finds what models made for it.</param>
    internal PromptContext Open(List<object?>? tools, IArtefacts? artefacts)
    {
        JsonFields source = new() { ["messages"] = new List<object?>() };
        if (tools is { Count: > 0 })
        {
            source["tools"] = tools;
        }

        return new PromptContext(artefacts is null ? _model : _model.With(artefacts), JsonText.ToView(source));
    }

    /// <summary>Begins a session's prompts, or goes on with them.</summary>
    /// <param name="source">What they are planned from: <see cref="SessionRow.Source"/>.</param>
    /// <param name="plan">Where they stood; null begins.</param>
    internal PromptContext Open(JsonView source, SessionPlan? plan) => new(_model, source, plan);

    /// <summary>Names what plans depend on: they are gone on with only under the same.</summary>
    internal string PlanKey(JsonView? tools) =>
        ContentHash.Of(
            Encoding.UTF8.GetBytes(
                Invariant($"{Fingerprint}\n{_model.Model?.Fingerprint}\n{_model.Window}\n{tools?.GetRawText()}")
            )
        );
}
