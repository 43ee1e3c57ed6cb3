using System.Runtime.InteropServices;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>How libgomp's threads wait. It reads its environment once, when it is loaded.</summary>
internal static partial class OpenMp
{
    /// <summary>
    /// Lets idle threads sleep instead of spin. Debian's libtorch has two pools of threads, OpenMP's for its own
    /// operators and OpenBLAS's for float32 products; spinning threads of one keep the other's from the cores, and a
    /// float32 training step then takes two to three times as long.
    /// </summary>
    public static void SleepWhenIdle()
    {
        if (OperatingSystem.IsLinux())
        {
            // .NET's own environment is a copy that native libraries do not see.
            _ = SetEnvironment("OMP_WAIT_POLICY", "passive", 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
