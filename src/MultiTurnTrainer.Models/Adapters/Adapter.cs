// Folder Adapters: what may be laid over a base for a forward pass, and its trained tensors.
// Refuses to know: files, targets, how a base computes.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Adapters;

/// <summary>A module's low-rank change: y = W·x + scale · B·(A·x), and with DoRA a trained magnitude per row.</summary>
/// <param name="A">[rank, in].</param>
/// <param name="B">[out, rank].</param>
/// <param name="Magnitude">[out] (embedding: [hidden]), or null without DoRA.</param>
/// <param name="Scale">The factor on B·A.</param>
/// <param name="Bias">[out], added to B·(A·x) before the factor (PEFT's <c>lora_bias</c>), or null.</param>
/// <param name="Borrowed">Whether A and B are another module's, seen from the other side (tied weights).</param>
internal sealed record LoraLayer(
    Tensor A,
    Tensor B,
    Tensor? Magnitude,
    double Scale,
    Tensor? Bias = null,
    bool Borrowed = false
);

/// <summary>
/// What is laid over a base model for a forward pass: low-rank changes and replaced weights, by module. The base is
/// never written to, so several adapters can take turns on one model.
/// </summary>
public abstract class Adapter : IDisposable
{
    private readonly LoraLayer?[] _layers;
    private readonly Tensor?[] _weights;
    private readonly Tensor?[] _biases;
    private readonly TokenRows?[] _tokens;

    private protected Adapter(ModuleLayout layout, ParameterSet parameters)
    {
        Parameters = parameters;
        _layers = new LoraLayer?[layout.Modules.Count];
        _weights = new Tensor?[layout.Modules.Count];
        _biases = new Tensor?[layout.Modules.Count];
        _tokens = new TokenRows?[layout.Modules.Count];
    }

    /// <summary>The trained tensors.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>The share of a low-rank module's input that is dropped in training.</summary>
    public virtual double Dropout => 0;

    /// <summary>Frees the tensors.</summary>
    public virtual void Dispose()
    {
        foreach (TokenRows rows in _tokens.OfType<TokenRows>().Distinct())
        {
            rows.Dispose();
        }

        Parameters.Dispose();
        GC.SuppressFinalize(this);
    }

    internal LoraLayer? Layer(int slot) => _layers[slot];

    /// <summary>The weight that stands in for the base's, or null.</summary>
    internal Tensor? Weight(int slot) => _weights[slot];

    /// <summary>The bias that stands in for the base's, or null.</summary>
    internal Tensor? Bias(int slot) => _biases[slot];

    /// <summary>The rows that stand in for some of a table's, or null.</summary>
    internal TokenRows? Tokens(int slot) => _tokens[slot];

    private protected void SetLayer(ModuleSpec module, LoraLayer layer) => _layers[module.Slot] = layer;

    private protected void SetTokens(ModuleSpec module, TokenRows rows) => _tokens[module.Slot] = rows;

    private protected void Replace(ModuleSpec module, Tensor weight, Tensor? bias)
    {
        _weights[module.Slot] = weight;
        _biases[module.Slot] = bias;
    }
}
