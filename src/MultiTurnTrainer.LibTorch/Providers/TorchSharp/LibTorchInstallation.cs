namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>The libtorch that the TorchSharp packages bring.</summary>
/// <param name="Origin">Where it was found, in words.</param>
/// <param name="Include">Empty: the packages have no headers.</param>
/// <param name="Libraries">The folder of the native libraries.</param>
/// <param name="Cuda">Whether it has a CUDA half.</param>
public sealed record LibTorchInstallation(string Origin, string Include, string Libraries, bool Cuda)
{
    /// <summary>What to do where there is none.</summary>
    public const string Remedy = "restore the packages TorchSharp and TorchSharp-cuda-linux";

    /// <summary>The packages' own.</summary>
    public static LibTorchInstallation Find() =>
        new("TorchSharp", "", AppContext.BaseDirectory, TorchSharp.torch.cuda.is_available());

    /// <summary>The packages' own.</summary>
    public static LibTorchInstallation? TryFind() => Find();

    /// <summary>None is asked.</summary>
    public static IEnumerable<string> Pythons() => [];
}
