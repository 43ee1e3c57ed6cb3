// Folder LibTorch: the libtorch with headers that is found on this machine.
// Refuses to know: how it is loaded, what is called in it.
namespace MultiTurnTrainer.LibTorch.Installations;

/// <summary>A libtorch with headers on this machine.</summary>
/// <param name="Origin">Where it was found, in words: <c>MTT_LIBTORCH</c>, <c>PyTorch</c>, <c>system</c>.</param>
/// <param name="Include">The folder that holds <c>ATen/ATen.h</c>.</param>
/// <param name="Libraries">The folder that holds <c>libtorch_cpu.so</c>.</param>
/// <param name="Cuda">Whether it has a CUDA half.</param>
public sealed record LibTorchInstallation(string Origin, string Include, string Libraries, bool Cuda)
{
    /// <summary>What to do where there is none.</summary>
    public const string Remedy =
        "apt-get install libtorch-dev libopenblas0-pthread g++ (or install PyTorch, or point MTT_LIBTORCH at a torch folder), then: mtt setup";

    /// <summary>The version, as its headers have it; null where they do not say.</summary>
    public string? Version
    {
        get
        {
            string[] headers =
            [
                "torch/headeronly/version.h",
                "torch/csrc/api/include/torch/version.h",
                "torch/version.h",
            ];
            return headers
                .Select(header => Path.Combine(Include, header))
                .Where(File.Exists)
                .Select(header => VersionIn(File.ReadAllText(header)))
                .FirstOrDefault(version => version is not null);
        }
    }

    // #define TORCH_VERSION "1.13.0", over one line or two.
    private static string? VersionIn(string header)
    {
        const string name = "#define TORCH_VERSION ";
        int at = header.IndexOf(name, StringComparison.Ordinal);
        return at >= 0 && header[(at + name.Length)..].Split('"') is [_, var version, _, ..] ? version : null;
    }

    /// <summary>The one that is used, or an error that says what to install.</summary>
    public static LibTorchInstallation Find() =>
        TryFind() ?? throw new MttException("no libtorch with headers on this machine", Remedy);

    /// <summary>The folder <c>MTT_LIBTORCH</c> names; else the PyTorch of the <c>python3</c> in the path; else the system's.</summary>
    public static LibTorchInstallation? TryFind()
    {
        string? named = Environment.GetEnvironmentVariable("MTT_LIBTORCH");
        if (named is { Length: > 0 })
        {
            SearchPath.RequireFixed("MTT_LIBTORCH", named);
            return At("MTT_LIBTORCH", named)
                ?? throw new MttException(
                    $"MTT_LIBTORCH={named} holds no libtorch with headers",
                    "Name a folder with include/ATen/ATen.h and lib/libtorch_cpu.so, such as PyTorch's torch folder."
                );
        }

        return FromPython() ?? At("system", "/usr") ?? At("system", "/usr/local");
    }

    private static LibTorchInstallation? At(string origin, string root)
    {
        string[] libraries = [Path.Combine(root, "lib"), Path.Combine(root, "lib", "x86_64-linux-gnu")];
        string include = Path.Combine(root, "include");
        string? library = Array.Find(libraries, folder => File.Exists(Path.Combine(folder, "libtorch_cpu.so")));
        return library is null || !File.Exists(Path.Combine(include, "ATen", "ATen.h"))
            ? null
            : new(origin, include, library, File.Exists(Path.Combine(library, "libtorch_cuda.so")));
    }

    private static LibTorchInstallation? FromPython()
    {
        // Isolated, so that neither the current folder nor PYTHONPATH can bring a torch; pip's --user folder is put back.
        const string code = """
            import importlib.util, site, sys
            if sys.prefix == sys.base_prefix:
                sys.path.append(site.getusersitepackages())
            torch = importlib.util.find_spec('torch')
            print(torch.submodule_search_locations[0] if torch else '')
            """;
        foreach (string python in Pythons())
        {
            try
            {
                string folder = Programs.Run(python, ["-I", "-c", code]).Output.Trim();
                if (Path.IsPathFullyQualified(folder) && At("PyTorch", folder) is { } found)
                {
                    return found;
                }
            }
            catch (Win32Exception)
            {
                // Not for this machine.
            }
        }

        return null;
    }

    /// <summary>The interpreters that are asked for PyTorch.</summary>
    public static IEnumerable<string> Pythons() => new[] { "python3", "python" }.Select(Programs.Find).OfType<string>();
}
