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
    {
        Name = name;
        Fingerprint = PolicyFingerprint.Of(policy);
        _model = model is null
            ? new PolicyModel(policy, static () => new ByteTokenCounter(), window)
            : new PolicyModel(policy, model, window);
    }

    /// <summary>Its name, for people.</summary>
    public string Name { get; }

    /// <summary>Its hash.</summary>
    public string Fingerprint { get; }

    /// <summary>The policy.</summary>
    public ContextPolicy Policy => _model.Policy;

    /// <summary>Begins a conversation.</summary>
    internal PromptContext Open(JsonNode? tools, JsonNode? metadata = null) => new(_model, tools, metadata);
}
