// Shapes: s tokens, k key heads, h value heads, m = h / k, a width of a key head, v of a value head, c channels, t tokens that the convolution sees,
// b sequences, n chunks, l tokens of a chunk, j sequences that go on.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Kernels.DeltaNet;

/// <summary>
/// The gated delta rule (arXiv 2412.06464): S ← e^g S; S ← S + k (β (v − Sᵀ k))ᵀ; o = Sᵀ q, for every head, in single precision. Within a chunk it is
/// products (arXiv 2406.06484); only the state goes from chunk to chunk.
/// </summary>
internal static class GatedDelta
{
    private const double Epsilon = 1e-6;

    /// <summary>Runs sequences.</summary>
    /// <param name="inputs">Of all their tokens.</param>
    /// <param name="plan">Their lengths, cut into chunks.</param>
    /// <param name="before">What they left behind earlier; null where they begin.</param>
    /// <returns>[s, h, v] in single precision, and what the sequences leave behind; in the caller's scope.</returns>
    public static (Tensor Result, DeltaState After) Run(DeltaInputs inputs, DeltaPlan plan, DeltaState? before)
    {
        using DisposeScope scope = NewDisposeScope();
        DeltaNetConfig config = inputs.Config;
        int sequences = (int)plan.Order.shape[0];
        before ??= DeltaState.Empty(config, sequences, inputs.Mixed.dtype, inputs.Mixed.device);
        int tail = config.Kernel - 1;
        Tensor known = cat([inputs.Mixed, before.Tail.view(-1, config.Channels)], 0); // [s, c] [b, t - 1, c] -> [s + b (t - 1), c]
        Tensor convolved = functional.silu(Convolve(known, inputs.Kernel, plan, tail)).to(float32); // [s, c]
        Tensor query = Unit(Keys(convolved, 0, config)) * (1 / Math.Sqrt(config.KeyWidth)); // [s, h, a]
        Tensor key = Unit(Keys(convolved, config.Keys, config)); // [s, h, a]
        Tensor value = convolved
            .narrow(1, 2L * config.Keys, config.Values)
            .view(-1, config.ValueHeads, config.ValueWidth); // [s, h, v]
        (Tensor result, Tensor memory) = RunChunks(
            new Chunks(
                Cut(query, plan),
                Cut(key, plan),
                Cut(value, plan),
                Cut(inputs.Beta.unsqueeze(-1), plan), // [n, h, l, 1]
                Cut(inputs.Decay.unsqueeze(-1), plan).squeeze(-1).cumsum(-1) // [n, h, l, 1] -> [n, h, l]
            ),
            plan,
            before.Memory.index_select(0, plan.Order) // [b, h, a, v]
        );
        Tensor flat = result.permute(0, 2, 1, 3).reshape(-1, config.ValueHeads, config.ValueWidth); // [n, h, l, v] -> [n l, h, v]
        Tensor tails = known.index_select(0, plan.Tails(tail)).view(sequences, tail, config.Channels); // [b, t - 1, c]
        DeltaState after = new(
            tails.MoveToOuterDisposeScope(),
            memory.index_select(0, plan.Back).MoveToOuterDisposeScope()
        );
        return (flat.index_select(0, plan.Places).MoveToOuterDisposeScope(), after); // [s, h, v]
    }

    // Every channel by itself: the sum over the tokens before and the own one.
    private static Tensor Convolve(Tensor known, Tensor kernel, DeltaPlan plan, int tail)
    {
        Tensor weights = kernel.squeeze(1).to(known.dtype).t(); // [c, 1, t] -> [t, c]
        Tensor? sum = null;
        for (int distance = 0; distance <= tail; distance++)
        {
            Tensor moved = known.index_select(0, plan.Before(distance, tail)); // [s, c]
            Tensor part = moved * weights.select(0, tail - distance); // [s, c] [c] -> [s, c]
            sum = sum is null ? part : sum + part;
        }

        return sum!;
    }

    // A key head serves several value heads.
    private static Tensor Keys(Tensor convolved, int start, DeltaNetConfig config)
    {
        Tensor heads = convolved.narrow(1, start, config.Keys).view(-1, config.KeyHeads, 1, config.KeyWidth); // [s, k, 1, a]
        int shared = config.ValueHeads / config.KeyHeads;
        return cat([.. Enumerable.Repeat(heads, shared)], 2).view(-1, config.ValueHeads, config.KeyWidth); // [s, k, m, a] -> [s, h, a]
    }

    private static Tensor Unit(Tensor heads) => heads * ((heads * heads).sum(-1, keepdim: true) + Epsilon).rsqrt();

    // Empty places are zero: no decay, no correction.
    private static Tensor Cut(Tensor values, DeltaPlan plan)
    {
        Tensor nothing = zeros([1, values.size(1), values.size(2)], float32, values.device);
        return cat([values, nothing], 0) // [s + 1, h, w]
            .index_select(0, plan.Slots) // [n l, h, w]
            .view(-1, plan.ChunkTokens, values.size(1), values.size(2)) // [n, l, h, w]
            .permute(0, 2, 1, 3)
            .contiguous(); // [n, h, l, w]
    }

    private static (Tensor Result, Tensor Memory) RunChunks(Chunks chunks, DeltaPlan plan, Tensor memory)
    {
        Tensor late = UnitLower.Mask(plan.ChunkTokens, 1, plan.Device); // [l, l]: above the diagonal
        Tensor decay = (chunks.Total.unsqueeze(-1) - chunks.Total.unsqueeze(-2)) // [n, h, l, 1] [n, h, 1, l] -> [n, h, l, l]
            .masked_fill(late, double.NegativeInfinity)
            .exp();
        Tensor grown = chunks.Total.exp().unsqueeze(-1); // [n, h, l, 1]
        Tensor weighed = chunks.Key * chunks.Beta; // [n, h, l, a]
        Tensor inner = (weighed.matmul(chunks.Key.transpose(-1, -2)) * decay).masked_fill(
            UnitLower.Mask(plan.ChunkTokens, 0, plan.Device),
            0
        ); // [n, h, l, l]
        Tensor inverse = UnitLower.Invert(inner); // [n, h, l, l]
        Tensor values = inverse.matmul(chunks.Value * chunks.Beta); // [n, h, l, v]
        Tensor keys = inverse.matmul(weighed * grown); // [n, h, l, a]
        Tensor scores = chunks.Query.matmul(chunks.Key.transpose(-1, -2)) * decay; // [n, h, l, l]
        Tensor queries = chunks.Query * grown; // [n, h, l, a]
        Tensor last = chunks.Total.narrow(-1, plan.ChunkTokens - 1, 1); // [n, h, 1]
        Tensor kept = (chunks.Key * (last - chunks.Total).exp().unsqueeze(-1)).transpose(-1, -2); // [n, h, l, a] -> [n, h, a, l]
        Tensor shrink = last.exp().unsqueeze(-1); // [n, h, 1, 1]
        List<Tensor> results = [];
        List<Tensor> finished = [];
        int first = 0;
        for (int step = 0; step < plan.Active.Count; step++)
        {
            int count = plan.Active[step];
            long ended = memory.size(0) - count;
            if (ended > 0)
            {
                finished.Insert(0, memory.narrow(0, count, ended)); // [b - j, h, a, v]
                memory = memory.narrow(0, 0, count); // [j, h, a, v]
            }

            Tensor Of(Tensor all) => all.narrow(0, first, count); // [n, …] -> [j, …]
            Tensor corrected = Of(values) - Of(keys).matmul(memory); // [j, h, l, a] [j, h, a, v] -> [j, h, l, v]
            results.Add(Of(queries).matmul(memory) + Of(scores).matmul(corrected)); // [j, h, l, v]
            memory = (memory * Of(shrink)) + Of(kept).matmul(corrected); // [j, h, a, v]
            first += count;
        }

        return (cat(results, 0), cat([memory, .. finished], 0)); // of [j, h, l, v] -> [n, h, l, v]; [b, h, a, v]
    }

    /// <summary>All tokens in chunks.</summary>
    /// <param name="Query">[n, h, l, a].</param>
    /// <param name="Key">[n, h, l, a].</param>
    /// <param name="Value">[n, h, l, v].</param>
    /// <param name="Beta">[n, h, l, 1].</param>
    /// <param name="Total">Decays added up from the beginning of the chunk, [n, h, l].</param>
    private sealed record Chunks(Tensor Query, Tensor Key, Tensor Value, Tensor Beta, Tensor Total);
}
