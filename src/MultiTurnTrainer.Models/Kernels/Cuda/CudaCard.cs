namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>What a GPU has to give.</summary>
public static class CudaCard
{
    /// <summary>The driver's library, or null where there is none.</summary>
    public static string? DriverFile => SystemLibrary.Candidates(CudaDriver.LibraryName).FirstOrDefault();

    /// <summary>NVIDIA's run-time compiler, or null where there is none.</summary>
    public static string? CompilerFile => Nvrtc.File;

    /// <summary>Bytes that tensors can still have: what nobody has taken, and what libtorch holds without using it.</summary>
    /// <param name="device">A CUDA device.</param>
    /// <exception cref="MttException">The driver does not load.</exception>
    public static long FreeBytes(torch.Device device)
    {
        long held = TorchRuntime.CudaMemory(device) is { } memory ? memory.Reserved - memory.Allocated : 0;
        return CudaDriver.Instance.FreeBytes(Math.Max(device.index, 0)) + held;
    }
}
