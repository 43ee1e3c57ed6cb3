// Folder Loading: what stands around a native library before it is loaded: the process's environment and the user's cache.
// Refuses to know: which library it is, and who provides it.

namespace MultiTurnTrainer.LibTorch.Loading;

/// <summary>What the libraries under libtorch read from the environment, once, when they are loaded. A value that the user has set stays.</summary>
public static partial class NativeEnvironment
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;
    private const int MostArenas = -8;

    /// <summary>Sets what makes them fast on this machine.</summary>
    internal static void Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Idle threads sleep instead of spin. Debian's libtorch has two pools of threads, OpenMP's for its own operators and
        // OpenBLAS's for float32 products; spinning threads of one keep the other's from the cores, and a float32
        // training step then takes two to three times as long.
        Set("OMP_WAIT_POLICY", "passive");
        // What libtorch asks for before it calls cuBLAS's products deterministic; on Hopper as much as it takes anyway.
        Set("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
        if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported)
        {
            // OpenBLAS takes an unknown AVX-512 processor for a Haswell: float32 products at half speed (measured on Zen 5:
            // 215 against 400 GFLOP/s). libtorch's own operators prefer AVX2 unless told (silu 0.67 against 0.36 ms).
            Set("OPENBLAS_CORETYPE", "SkylakeX");
            Set("ATEN_CPU_CAPABILITY", "avx512");
        }
    }

    /// <summary>
    /// Freed tensors stay with the process instead of going back to the kernel: glibc would otherwise map and unmap, and fault in
    /// anew, every tensor above 128 KiB. 32 MiB is the largest threshold that glibc takes; one arena, because the others are limited
    /// to 64 MiB and map what is larger.
    /// </summary>
    internal static void KeepFreedMemory()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetAllocator(MostArenas, 1);
            _ = SetAllocator(MapThreshold, 32 << 20);
            _ = SetAllocator(TrimThreshold, 1 << 30);
        }
    }

    /// <summary>
    /// Freed tensors go back to the kernel at once, as is glibc's own way: what a prompt or a row took does not stay beside the weights.
    /// Mapping pages anew costs scoring up to a third of its processor time on a small model, generating less. Call it when libtorch is loaded.
    /// </summary>
    public static void ReturnFreedMemory()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetAllocator(MapThreshold, 128 << 10);
            _ = SetAllocator(TrimThreshold, 128 << 10);
        }
    }

    /// <summary>Gives whole pages that are free now back to the kernel.</summary>
    public static void TrimFreedMemory()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Trim(0);
        }
    }

    // .NET's own environment is a copy that native libraries do not see.
    private static void Set(string name, string value) => _ = SetEnvironment(name, value, 0);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetAllocator(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
