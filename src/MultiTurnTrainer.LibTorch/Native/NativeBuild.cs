using MultiTurnTrainer.LibTorch.Installations;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>Compiles the embedded C++ files against an installation, in a folder of its own.</summary>
internal static class NativeBuild
{
    /// <summary>The variable that names the compiler.</summary>
    public const string CompilerVariable = "CXX";

    /// <summary>The versions whose headers the tests compile against.</summary>
    private const string KnownVersions = "1.13, 2.13 and 2.14";

    // Newer ATen headers ask for C++20; the last try leaves out an interface that moved between versions.
    private static readonly string[][] _attempts =
    [
        ["-std=c++17"],
        ["-std=c++20"],
        ["-std=c++20", "-DMTT_NO_DEVICE_ALLOCATOR"],
        ["-std=c++17", "-DMTT_NO_DEVICE_ALLOCATOR"],
    ];

    /// <summary>The compiler's absolute path: what <c>CXX</c> names, else <c>g++</c> in <c>PATH</c>; null where there is none.</summary>
    public static string? Compiler => Programs.FindNamed(CompilerVariable, "g++");

    /// <summary>Tells libraries of different installations and sources apart.</summary>
    public static string Key(LibTorchInstallation installation)
    {
        FileInfo library = new(Path.Combine(installation.Libraries, "libtorch_cpu.so"));
        FileInfo target = (FileInfo?)library.ResolveLinkTarget(returnFinalTarget: true) ?? library;
        string key = Invariant(
            $"{target.FullName}|{target.Length}|{target.LastWriteTimeUtc.Ticks}|{installation.Include}|{installation.Cuda}|{string.Join(' ', Distributed(installation))}|{StandIns.Pattern}|{string.Concat(Sources().Select(source => source.Text))}"
        );
        return ContentHash.Of(Encoding.UTF8.GetBytes(key))[..16];
    }

    /// <summary>Compiles.</summary>
    /// <param name="installation">The libtorch.</param>
    /// <param name="folder">Where sources and the compiler's own files go.</param>
    /// <param name="output">The library to write; stand-ins go beside it.</param>
    /// <param name="log">Where the compiler's messages go when it fails.</param>
    /// <exception cref="MttException">There is no compiler, it fails, or the disk is full.</exception>
    public static void Compile(LibTorchInstallation installation, string folder, string output, string log)
    {
        foreach ((string name, string text) in Sources())
        {
            Write(Path.Combine(folder, name), text);
        }

        string[] standIns = StandIns.Make(
            installation,
            StandIns.Of(installation),
            Path.GetDirectoryName(output)!,
            arguments => RunCompiler(arguments, folder).Code == 0
        );
        string source = Path.Combine(folder, "mtt_torch.cpp");
        string messages = "";
        foreach (string[] attempt in _attempts)
        {
            ProgramResult result = RunCompiler(
                [.. attempt, .. Arguments(installation, source, standIns, output)],
                folder
            );
            if (result.Code == 0 && File.Exists(output))
            {
                return;
            }

            string said = result.Errors + result.Output;
            if (IsFull(folder, said))
            {
                throw NativeCache.Full(folder);
            }

            messages = messages.Length == 0 ? said : messages;
        }

        Write(log, messages);
        string? first = messages.Split('\n').FirstOrDefault(line => line.Contains("error: ", StringComparison.Ordinal));
        throw new MttException(
            $"the native part does not compile against the libtorch in {installation.Libraries}: {first?.Trim()}",
            $"The native part compiles against PyTorch {KnownVersions}. The compiler's messages are in {log}."
        );
    }

    /// <summary>Writes a small file. .NET's own way reserves its size first, and does not tell a full disk from other failures.</summary>
    public static void Write(string path, string text)
    {
        using FileStream file = new(path, FileMode.Create);
        file.Write(Encoding.UTF8.GetBytes(text));
    }

    // A linker that maps its output into memory is killed where the disk has no room for it.
    private static bool IsFull(string folder, string messages) =>
        messages.Contains("No space left on device", StringComparison.Ordinal)
        || new DriveInfo(folder).AvailableFreeSpace < 1 << 16;

    private static string[] Arguments(
        LibTorchInstallation installation,
        string source,
        string[] standIns,
        string output
    )
    {
        string[] cuda = installation.Cuda
            ? ["-Wl,--no-as-needed", "-ltorch_cuda", "-lc10_cuda", "-Wl,--as-needed"]
            : [];
        return
        [
            "-O2",
            "-fPIC",
            "-shared",
            "-fvisibility=hidden",
            "-w",
            $"-D_GLIBCXX_USE_CXX11_ABI={(UsesOldStringAbi(installation) ? 0 : 1)}",
            source,
            "-o",
            output,
            // The system's own folder is searched anyway, and must not be moved to the front.
            .. installation.Include == "/usr/include" ? (string[])[] : [$"-I{installation.Include}"],
            $"-I{Path.Combine(installation.Include, "torch/csrc/api/include")}",
            $"-L{installation.Libraries}",
            // Stand-ins lie beside the native part, and the real ones may lie beside libtorch.
            "-Wl,-rpath,$ORIGIN",
            $"-Wl,-rpath,{installation.Libraries}",
            // The wheel's CUDA libraries are found through libtorch's own run path.
            "-Wl,--allow-shlib-undefined",
            "-Wl,--no-as-needed",
            .. standIns,
            "-ltorch_cpu",
            "-ltorch",
            "-lc10",
            .. cuda,
            .. Distributed(installation),
            "-ldl",
            "-pthread",
        ];
    }

    // For several processes. Gloo's headers are a package of their own, and count only beside libtorch's.
    private static string[] Distributed(LibTorchInstallation installation) =>
        Array.TrueForAll(
            ["torch/csrc/distributed/c10d/ProcessGroupGloo.hpp", "gloo/config.h"],
            header => File.Exists(Path.Combine(installation.Include, header))
        )
            ? ["-DMTT_GLOO", "-lgloo"]
            : [];

    // Wheels up to 2.5 were built with the old std::string; their CMake file says so.
    private static bool UsesOldStringAbi(LibTorchInstallation installation)
    {
        string config = Path.Combine(installation.Include, "../share/cmake/Torch/TorchConfig.cmake");
        return File.Exists(config)
            && File.ReadAllText(config).Contains("_GLIBCXX_USE_CXX11_ABI=0", StringComparison.Ordinal);
    }

    private static ProgramResult RunCompiler(string[] arguments, string folder)
    {
        string? compiler = Compiler;
        try
        {
            return compiler is null ? throw new Win32Exception() : Programs.Run(compiler, arguments, folder);
        }
        catch (Win32Exception problem)
        {
            string name = compiler ?? Environment.GetEnvironmentVariable(CompilerVariable) ?? "g++";
            throw new MttException(
                $"no C++ compiler: {name} does not start",
                "Install one (apt-get install g++), then run mtt setup.",
                problem
            );
        }
    }

    private static IEnumerable<(string Name, string Text)> Sources()
    {
        const string folder = "cpp/";
        Assembly own = typeof(NativeBuild).Assembly;
        foreach (string name in own.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(folder, StringComparison.Ordinal))
            {
                using StreamReader reader = new(own.GetManifestResourceStream(name)!);
                yield return (name[folder.Length..], reader.ReadToEnd());
            }
        }
    }
}
