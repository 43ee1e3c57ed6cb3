namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>Runs kernels by name: on a GPU, or on the emulator of the tests.</summary>
internal unsafe interface IKernelLauncher
{
    /// <summary>Launches; arguments are pointers to the kernel's parameters, in order, as the driver takes them.</summary>
    void Launch(string kernel, long blocks, int threads, ReadOnlySpan<nint> arguments);
}
