// Shapes: o width of a module's output, i of its input, r rank, R ranks together, k the rank to cut to, n values of a tensor.
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>One adapter's part in a module.</summary>
/// <param name="A">[r, i].</param>
/// <param name="B">[o, r].</param>
/// <param name="Scale">The factor on B·A.</param>
/// <param name="Weight">How much of the adapter is wanted.</param>
internal sealed record CombinationPart(Tensor A, Tensor B, double Scale, double Weight)
{
    /// <summary>The factor on B·A in a weighted sum.</summary>
    public double Share => Weight * Scale;
}

/// <summary>The arithmetic of PEFT's <c>add_weighted_adapter</c> for one module, in single precision.</summary>
internal static class CombinationMath
{
    /// <summary>The pair that stands for several: A [r, i] and B [o, r], with scale 1.</summary>
    /// <param name="name">The module; what DARE draws follows from it.</param>
    /// <param name="parts">The adapters that have the module.</param>
    /// <param name="options">The method.</param>
    /// <param name="rank">Where the method cuts to one.</param>
    public static (Tensor A, Tensor B) Combine(
        string name,
        IReadOnlyList<CombinationPart> parts,
        CombinationOptions options,
        int rank
    )
    {
        if (options.Method == CombinationMethod.Cat)
        {
            return (
                cat([.. parts.Select(part => part.A * part.Share)], 0), // of [r, i] -> [R, i]
                cat([.. parts.Select(part => part.B)], 1) // of [o, r] -> [o, R]
            );
        }

        // Where to clamp depends on the signs that a decomposition happens to choose: then it is made as PEFT makes it.
        if (options.Method == CombinationMethod.Svd && options.Clamp is null)
        {
            return Cut(DecomposeSum(parts), rank, options.Clamp);
        }

        if (options.CutsToRank)
        {
            // Signs are elected among the changes themselves, so the scale belongs to them and not to the weight.
            Tensor[] changes = [.. parts.Select(part => part.B.mm(part.A) * part.Scale)]; // [o, r] [r, i] -> [o, i]
            Tensor change = Merge(name, changes, [.. parts.Select(part => part.Weight)], options);
            return Cut(linalg.svd(change, fullMatrices: false), rank, options.Clamp);
        }

        // The root goes to either side, a sign to one.
        double[] roots = [.. parts.Select(part => Math.Sqrt(Math.Abs(part.Share)))];
        double[] signed = [.. parts.Zip(roots, (part, root) => Math.CopySign(root, part.Share))];
        return (
            Merge(name + ".A", [.. parts.Select(part => part.A)], signed, options),
            Merge(name + ".B", [.. parts.Select(part => part.B)], roots, options)
        );
    }

    private static Tensor Merge(string name, Tensor[] values, double[] weights, CombinationOptions options)
    {
        if (options.LetsGo && options.Density < 1)
        {
            values =
            [
                .. values.Select(
                    (value, i) =>
                        options.Draws ? Drop($"{name}.{i}", value, options) : KeepLargest(value, options.Density!.Value)
                ),
            ];
        }

        Tensor[] kept = options.ElectsSigns ? FindAgreeing(values, options.SignByFrequency) : [];
        Tensor sum = zeros_like(values[0]);
        for (int i = 0; i < values.Length; i++)
        {
            Tensor weighted = values[i] * weights[i];
            sum.add_(kept.Length > 0 ? weighted * kept[i] : weighted);
        }

        return kept.Length > 0 ? sum / kept.Aggregate((a, b) => a + b).clamp(min: 1) : sum;
    }

    private static Tensor KeepLargest(Tensor value, double density)
    {
        int count = (int)(density * value.numel());
        Tensor mask = zeros([value.numel()], ScalarType.Float32, value.device);
        if (count > 0)
        {
            (_, Tensor places) = value.abs().view(-1).topk(count); // [n] -> [count]
            mask.index_copy_(0, places, ones([count], ScalarType.Float32, value.device));
        }

        return value * mask.view(value.shape); // [n] -> as value
    }

    private static Tensor Drop(string name, Tensor value, CombinationOptions options)
    {
        SeededRandom random = NamedRandom.Create(options.Seed, name);
        double density = options.Density!.Value;
        float[] mask = new float[value.numel()];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i] = random.NextDouble() < density ? 1 : 0;
        }

        return value * tensor(mask).view(value.shape) / density; // [n] -> as value
    }

    // For each value whether its sign is the one that most have: 1 or 0. A zero agrees with nothing.
    private static Tensor[] FindAgreeing(Tensor[] values, bool byFrequency)
    {
        Tensor[] votes = byFrequency ? [.. values.Select(Sign)] : values;
        Tensor elected = votes.Aggregate((a, b) => a + b).ge(0).to(ScalarType.Float32) * 2 - 1;
        return [.. values.Select(value => Sign(value).eq(elected).to(ScalarType.Float32))];
    }

    private static Tensor Sign(Tensor value) =>
        value.gt(0).to(ScalarType.Float32) - value.neg().gt(0).to(ScalarType.Float32);

    // The sum of low-rank changes has a low rank itself: its decomposition follows from those of the factors.
    private static (Tensor U, Tensor S, Tensor Vh) DecomposeSum(IReadOnlyList<CombinationPart> parts)
    {
        Tensor left = cat([.. parts.Select(part => part.B * part.Share)], 1); // of [o, r] -> [o, R]
        Tensor right = cat([.. parts.Select(part => part.A)], 0); // of [r, i] -> [R, i]
        (Tensor ub, Tensor sb, Tensor vb) = linalg.svd(left, fullMatrices: false);
        (Tensor ua, Tensor sa, Tensor va) = linalg.svd(right, fullMatrices: false);
        Tensor core = (sb.unsqueeze(1) * vb).mm(ua * sa.unsqueeze(0)); // [R, R] [R, R] -> [R, R]
        (Tensor u, Tensor s, Tensor v) = linalg.svd(core, fullMatrices: false);
        return (ub.mm(u), s, v.mm(va)); // [o, R], [R], [R, i]
    }

    private static (Tensor A, Tensor B) Cut((Tensor U, Tensor S, Tensor Vh) parts, int rank, double? clamp)
    {
        int kept = (int)Math.Min(rank, parts.S.numel());
        Tensor b = parts.U.narrow(1, 0, kept) * parts.S.narrow(0, 0, kept).unsqueeze(0); // [o, k]
        Tensor a = parts.Vh.narrow(0, 0, kept); // [k, i]
        if (clamp is not { } quantile)
        {
            return (a, b);
        }

        double limit = Quantile(cat([b.reshape(-1), a.reshape(-1)], 0), quantile); // [o, k], [k, i] -> [n]
        return (a.clamp(-limit, limit), b.clamp(-limit, limit));
    }

    private static double Quantile(Tensor values, double share)
    {
        float[] sorted = Tensors.ToArray(values);
        Array.Sort(sorted);
        double place = share * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
