namespace MultiTurnTrainer.Models.Kernels.Cuda;

/// <summary>NVIDIA's run-time compiler: from the PyTorch wheel's <c>nvidia</c> folder, or the system's.</summary>
internal static unsafe class Nvrtc
{
    private static readonly string[] _names = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"];

    /// <summary>Its file, the first that is tried; null where there is none.</summary>
    public static string? File => Candidates().FirstOrDefault();

    /// <summary>Whether it is on this machine.</summary>
    public static bool Available => TryOpen(out _);

    /// <summary>Compiles for one architecture, such as 90; the result is what the driver loads.</summary>
    public static byte[] Compile(string source, int architecture)
    {
        if (!TryOpen(out nint library))
        {
            throw new MttException(
                "libnvrtc is not on this machine",
                "Install nvidia-cuda-nvrtc (it comes with PyTorch's CUDA wheels) or the CUDA toolkit."
            );
        }

        nint program;
        fixed (byte* text = Encoding.UTF8.GetBytes(source + '\0'))
        fixed (byte* file = "mtt_kernels.cu\0"u8)
        {
            var create = (delegate* unmanaged<nint*, byte*, byte*, int, nint, nint, int>)
                NativeLibrary.GetExport(library, "nvrtcCreateProgram");
            Check(create(&program, text, file, 0, 0, 0), "nvrtcCreateProgram");
        }

        string[] options =
        [
            Invariant($"--gpu-architecture=sm_{architecture}"),
            "--std=c++17",
            "--extra-device-vectorization",
        ];
        nint[] pointers = [.. options.Select(Marshal.StringToCoTaskMemUTF8)];
        var compile = (delegate* unmanaged<nint, int, nint*, int>)
            NativeLibrary.GetExport(library, "nvrtcCompileProgram");
        try
        {
            fixed (nint* arguments = pointers)
            {
                return compile(program, options.Length, arguments) == 0
                    ? ReadImage(library, program)
                    : throw new InvalidOperationException(
                        $"the kernels do not compile for sm_{architecture}: {Log(library, program)}"
                    );
            }
        }
        finally
        {
            Array.ForEach(pointers, Marshal.FreeCoTaskMem);
            _ = ((delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "nvrtcDestroyProgram"))(&program);
        }
    }

    private static byte[] ReadImage(nint library, nint program)
    {
        nuint size;
        var measure = (delegate* unmanaged<nint, nuint*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBINSize");
        var read = (delegate* unmanaged<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetCUBIN");
        Check(measure(program, &size), "nvrtcGetCUBINSize");
        byte[] image = new byte[size];
        fixed (byte* bytes = image)
        {
            Check(read(program, bytes), "nvrtcGetCUBIN");
        }

        return image;
    }

    private static string Log(nint library, nint program)
    {
        nuint size;
        _ = ((delegate* unmanaged<nint, nuint*, int>)NativeLibrary.GetExport(library, "nvrtcGetProgramLogSize"))(
            program,
            &size
        );
        byte[] text = new byte[size];
        fixed (byte* bytes = text)
        {
            _ = ((delegate* unmanaged<nint, byte*, int>)NativeLibrary.GetExport(library, "nvrtcGetProgramLog"))(
                program,
                bytes
            );
        }

        return Encoding.UTF8.GetString(text).TrimEnd('\0');
    }

    private static bool TryOpen(out nint library)
    {
        foreach (string path in Candidates())
        {
            if (NativeLibrary.TryLoad(path, out library))
            {
                return true;
            }
        }

        library = 0;
        return false;
    }

    // The wheel keeps it in site-packages/nvidia/<package>/lib, beside site-packages/torch/lib.
    private static IEnumerable<string> Candidates()
    {
        string packages = Path.GetFullPath(Path.Combine(TorchRuntime.Load().Libraries, "../../nvidia"));
        if (Directory.Exists(packages))
        {
            foreach (
                string path in Directory
                    .EnumerateFiles(packages, "libnvrtc.so*", SearchOption.AllDirectories)
                    .OrderDescending(StringComparer.Ordinal)
            )
            {
                yield return path;
            }
        }

        foreach (string path in _names.SelectMany(SystemLibrary.Candidates))
        {
            yield return path;
        }
    }

    private static void Check(int code, string what)
    {
        if (code != 0)
        {
            throw new InvalidOperationException($"{what} failed with code {code}");
        }
    }
}
