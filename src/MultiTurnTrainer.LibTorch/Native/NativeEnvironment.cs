namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>What the libraries under libtorch read from the environment, once, when they are loaded. A value that the user has set stays.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets what makes them fast on this machine.</summary>
    public static void Prepare()
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

    // .NET's own environment is a copy that native libraries do not see.
    private static void Set(string name, string value) => _ = SetEnvironment(name, value, 0);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
