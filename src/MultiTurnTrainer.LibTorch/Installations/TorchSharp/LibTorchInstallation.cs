// Folder TorchSharp: the libtorch that TorchSharp's packages bring.
// Refuses to know: how it is loaded, what is called in it.
namespace MultiTurnTrainer.LibTorch.Installations;

/// <summary>The libtorch that the TorchSharp packages bring.</summary>
/// <param name="Origin">Where it was found, in words.</param>
/// <param name="Include">Empty: the packages have no headers.</param>
/// <param name="Libraries">The folder of the native libraries.</param>
/// <param name="Cuda">Whether it has a CUDA half.</param>
public sealed record LibTorchInstallation(string Origin, string Include, string Libraries, bool Cuda)
{
    /// <summary>What to do where there is none.</summary>
    public const string Remedy =
        "build mtt with -p:TorchProvider=TorchSharp for linux-x64, or leave the option out to use a libtorch of the machine";

    /// <summary>The version of the packages.</summary>
    public string? Version => TorchSharp.torch.__version__;

    /// <summary>The packages' own.</summary>
    /// <exception cref="MttException">Their native libraries do not lie beside the program.</exception>
    public static LibTorchInstallation Find() =>
        TryFind() ?? throw new MttException("libtorch is not beside the program", Remedy);

    /// <summary>The packages' own: in a folder for the platform, or beside a program published for one.</summary>
    public static LibTorchInstallation? TryFind()
    {
        string[] folders =
        [
            Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native"),
            AppContext.BaseDirectory,
        ];
        string? found = Array.Find(folders, folder => File.Exists(Path.Combine(folder, "libtorch_cpu.so")));
        return found is null
            ? null
            : new("TorchSharp's packages", "", found, File.Exists(Path.Combine(found, "libtorch_cuda.so")));
    }

    /// <summary>None is asked.</summary>
    public static IEnumerable<string> Pythons() => [];
}
