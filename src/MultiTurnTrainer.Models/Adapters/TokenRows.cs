// Shapes: s tokens, v vocabulary, e hidden width, k trained tokens.
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Adapters;

/// <summary>
/// Rows of an embedding, and of the head tied to it, that are trained for some tokens alone (PEFT's
/// <c>trainable_token_indices</c>): they stand in for the table's rows, they are not added to them.
/// </summary>
internal sealed class TokenRows : IDisposable
{
    private readonly Tensor _place; // [v]: the trained row of a token, k for every other
    private readonly Tensor _kept; // [v, 1]: 1 where the table's own row stays

    /// <summary>Rows for some tokens of a vocabulary.</summary>
    /// <param name="tokens">Their ids, all different.</param>
    /// <param name="values">[k, e], in the order of the ids.</param>
    /// <param name="vocabulary">Rows of the table.</param>
    public TokenRows(IReadOnlyList<int> tokens, Tensor values, int vocabulary)
    {
        Tokens = tokens;
        Values = values;
        long[] place = new long[vocabulary];
        float[] kept = new float[vocabulary];
        Array.Fill(place, tokens.Count);
        Array.Fill(kept, 1);
        for (int i = 0; i < tokens.Count; i++)
        {
            place[tokens[i]] = i;
            kept[tokens[i]] = 0;
        }

        using DisposeScope scope = NewDisposeScope();
        _place = tensor(place).to(values.device).DetachFromDisposeScope();
        _kept = tensor(kept).view(vocabulary, 1).to(values.device).DetachFromDisposeScope(); // [v, 1]
    }

    /// <summary>The tokens.</summary>
    public IReadOnlyList<int> Tokens { get; }

    /// <summary>[k, e].</summary>
    public Tensor Values { get; }

    /// <summary>The whole table [v, e] with the trained rows in it, in single precision.</summary>
    public Tensor LayOver(Tensor table) => LayOver(table, _place, _kept);

    /// <summary>Rows [s, e] looked up for ids [s], with the trained ones in their places, in single precision.</summary>
    public Tensor LayOver(Tensor rows, Tensor ids)
    {
        using DisposeScope scope = NewDisposeScope();
        return LayOver(rows, _place.index_select(0, ids), _kept.index_select(0, ids)).MoveToOuterDisposeScope(); // [v] -> [s]
    }

    public void Dispose()
    {
        _place.Dispose();
        _kept.Dispose();
    }

    // A lookup instead of a scatter: its backward adds up the gradients of a token that occurs often.
    private Tensor LayOver(Tensor rows, Tensor place, Tensor kept)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor nothing = zeros([1, Values.size(1)], Values.dtype, Values.device);
        Tensor trained = cat([Values, nothing], 0).index_select(0, place); // [k + 1, e] -> [s, e]
        return (rows.to(ScalarType.Float32) * kept + trained).MoveToOuterDisposeScope();
    }
}
