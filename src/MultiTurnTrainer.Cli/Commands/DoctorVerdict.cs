namespace MultiTurnTrainer.Cli.Commands;

/// <summary>How <c>mtt doctor</c> ends.</summary>
/// <param name="Verdict">What works on this machine.</param>
/// <param name="Next">The one thing to do now.</param>
internal sealed record DoctorVerdict(string Verdict, string Next)
{
    private const string Begin = "mtt init --preset tiny demo, then the steps it prints";

    /// <summary>There is no libtorch, or it does not load.</summary>
    /// <param name="remedy">What helps.</param>
    public static DoctorVerdict WithoutLibTorch(string? remedy) =>
        new(
            "validate, prepare, mask and the other data commands work; models and training do not: no usable libtorch",
            remedy ?? "name another libtorch in MTT_LIBTORCH, then: mtt doctor"
        );

    /// <summary>A GPU answers.</summary>
    /// <param name="gpus">How many.</param>
    /// <param name="hasCompiler">Whether there is a compiler for mtt's own kernels.</param>
    public static DoctorVerdict OnGpu(int gpus, bool hasCompiler) =>
        hasCompiler
            ? new(
                $"everything works, training on {(gpus == 1 ? "the GPU" : $"{gpus} GPUs")} too",
                "mtt doctor --kernels --device cuda, once on a new card"
            )
            : new(
                "everything works, but on the GPU without mtt's own kernels: libnvrtc is missing",
                "put libnvrtc where the loader finds it: it comes with PyTorch's CUDA wheels and the CUDA toolkit"
            );

    /// <summary>Only the processor, and its products are slow.</summary>
    /// <param name="remedy">What helps.</param>
    public static DoctorVerdict OnSlowProcessor(string remedy) =>
        new("everything works, but training and answers are about 10 times slower than they could be", remedy);

    /// <summary>Only the processor.</summary>
    /// <param name="cuda">Whether this libtorch could use a GPU.</param>
    public static DoctorVerdict OnProcessor(bool cuda) =>
        cuda
            ? new(
                "everything works on the processor; this libtorch has CUDA, but no GPU answers",
                "nvidia-smi, which says what the driver lacks"
            )
            : new("everything works, on the processor", Begin);
}
