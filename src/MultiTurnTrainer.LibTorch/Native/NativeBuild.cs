using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Providers;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>
/// Compiles the embedded C++ files against an installation, once per libtorch and source, into the user's cache
/// (<c>MTT_CACHE</c>, else <c>XDG_CACHE_HOME/mtt</c>, else <c>~/.cache/mtt</c>). Safe against processes that do so at the same time.
/// </summary>
internal static partial class NativeBuild
{
    // Newer ATen headers ask for C++20; the last try leaves out an interface that moved between versions.
    private static readonly string[][] _attempts =
    [
        ["-std=c++17"],
        ["-std=c++20"],
        ["-std=c++20", "-DMTT_NO_DEVICE_ALLOCATOR"],
        ["-std=c++17", "-DMTT_NO_DEVICE_ALLOCATOR"],
    ];

    public static string CacheFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("MTT_CACHE") is { Length: > 0 } named)
            {
                return named;
            }

            string root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(root, "mtt");
        }
    }

    /// <summary>The compiled library's path, present or not.</summary>
    public static string LibraryPath(LibTorchInstallation installation)
    {
        FileInfo library = new(Path.Combine(installation.Libraries, "libtorch_cpu.so"));
        FileInfo target = (FileInfo?)library.ResolveLinkTarget(returnFinalTarget: true) ?? library;
        string key = string.Create(
            CultureInfo.InvariantCulture,
            $"{target.FullName}|{target.Length}|{target.LastWriteTimeUtc.Ticks}|{installation.Include}|{installation.Cuda}|{string.Concat(Sources().Select(source => source.Text))}"
        );
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..16];
        return Path.Combine(CacheFolder, "native", hash, "libmtt_torch.so");
    }

    /// <summary>Builds where needed and returns the library's path.</summary>
    public static string Ensure(LibTorchInstallation installation, Action<string>? notice = null)
    {
        string path = LibraryPath(installation);
        if (File.Exists(path))
        {
            return path;
        }

        string folder = Path.GetDirectoryName(path)!;
        using SafeFileHandle held = OpenLock(folder);
        if (Flock(held, 2) != 0)
        {
            throw new MttException($"cannot lock {folder}", "Set MTT_CACHE to a folder that supports file locks.");
        }

        if (!File.Exists(path))
        {
            notice?.Invoke($"building the native part for the libtorch in {installation.Libraries} (once, about 15 s)");
            Compile(installation, folder, path);
        }

        return path;
    }

    private static SafeFileHandle OpenLock(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return File.OpenHandle(
                Path.Combine(folder, "lock"),
                FileMode.OpenOrCreate,
                FileAccess.ReadWrite,
                FileShare.ReadWrite
            );
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MttException(
                $"{folder}: the native part cannot be kept there",
                "Set MTT_CACHE to a folder that can be written.",
                problem
            );
        }
    }

    private static void Compile(LibTorchInstallation installation, string folder, string path)
    {
        foreach ((string name, string text) in Sources())
        {
            File.WriteAllText(Path.Combine(folder, name), text);
        }

        string source = Path.Combine(folder, "mtt_torch.cpp");
        string temporary = path + ".tmp";
        string messages = "";
        foreach (string[] attempt in _attempts)
        {
            (int code, string said) = RunCompiler([.. attempt, .. Arguments(installation, source, temporary)]);
            messages = messages.Length == 0 ? said : messages;
            if (code == 0)
            {
                File.Move(temporary, path, overwrite: true);
                return;
            }
        }

        string log = Path.Combine(folder, "build.log");
        File.WriteAllText(log, messages);
        string? first = messages.Split('\n').FirstOrDefault(line => line.Contains("error: ", StringComparison.Ordinal));
        throw new MttException(
            $"the native part does not compile against the libtorch in {installation.Libraries}: {first?.Trim()}",
            $"The compiler's messages are in {log}."
        );
    }

    private static string[] Arguments(LibTorchInstallation installation, string source, string output)
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
            $"-Wl,-rpath,{installation.Libraries}",
            // The wheel's CUDA libraries are found through libtorch's own run path.
            "-Wl,--allow-shlib-undefined",
            "-Wl,--no-as-needed",
            "-ltorch_cpu",
            "-ltorch",
            "-lc10",
            .. cuda,
            "-ldl",
            "-pthread",
        ];
    }

    // Wheels up to 2.5 were built with the old std::string; their CMake file says so.
    private static bool UsesOldStringAbi(LibTorchInstallation installation)
    {
        string config = Path.Combine(installation.Include, "../share/cmake/Torch/TorchConfig.cmake");
        return File.Exists(config)
            && File.ReadAllText(config).Contains("_GLIBCXX_USE_CXX11_ABI=0", StringComparison.Ordinal);
    }

    private static (int Code, string Messages) RunCompiler(string[] arguments)
    {
        string compiler = Environment.GetEnvironmentVariable("CXX") is { Length: > 0 } named ? named : "g++";
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(compiler, arguments)
                {
                    RedirectStandardError = true,
                    RedirectStandardOutput = true,
                }
            )!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, errors + output.Result);
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            throw new MttException(
                $"no C++ compiler: {compiler} does not start",
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

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
