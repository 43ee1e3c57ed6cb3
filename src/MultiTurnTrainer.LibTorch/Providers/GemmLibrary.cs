namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>One product of row-major matrices: c = alpha · op(a) · op(b) + beta · c, with fp32 results.</summary>
internal readonly unsafe struct GemmTask
{
    public required long Rows { get; init; }

    public required long Columns { get; init; }

    public required long Inner { get; init; }

    public required float Alpha { get; init; }

    public required GemmFactor A { get; init; }

    public required GemmFactor B { get; init; }

    public required float Beta { get; init; }

    public required float* C { get; init; }

    public required long Stride { get; init; }
}

/// <summary>A library's products for one type of factors, on the calling thread alone.</summary>
internal abstract unsafe class GemmLibrary
{
    /// <summary>
    /// oneDNN's where libtorch exports it (Debian's does), else those of the MKL inside it (PyTorch's wheels); null where it has neither
    /// or this processor is refused.
    /// </summary>
    /// <param name="half">bf16 factors instead of fp32 ones.</param>
    public static GemmLibrary? Find(bool half)
    {
        GemmLibrary? found = OneDnnGemm.Find(half);
        found ??= MklGemm.Find(half);
        float one = 1;
        float result = 0;
        GemmFactor factor = new(&one, 1);
        GemmTask trial = new()
        {
            Rows = 1,
            Columns = 1,
            Inner = 1,
            Alpha = 1,
            A = factor,
            B = factor,
            Beta = 0,
            C = &result,
            Stride = 1,
        };
        return found is not null && found.TryRun(trial) ? found : null;
    }

    /// <summary>Computes; false where the library refuses.</summary>
    public abstract bool TryRun(in GemmTask task);
}
