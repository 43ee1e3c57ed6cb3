using System.Runtime.Loader;
using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Loading;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// Loads the packages' native libraries. TorchSharp's own was linked by GCC 13 and asks for the version GLIBCXX_3.4.32 of the C++
/// runtime, of which it uses a mark that does nothing (<c>std::ios_base_library_init</c>; no code refers to it). Where the runtime is
/// older (Debian 12, Ubuntu 22.04), a copy of it in which that version is marked as weak, one bit, is loaded from the user's cache.
/// </summary>
internal static class PackagedLibraries
{
    private const string Binding = "LibTorchSharp";
    private const string Library = "libLibTorchSharp.so";

    // TorchSharp 0.107.0, linux-x64, and what it is when it is patched.
    private const string KnownHash = "cf33b1b0bb6bbb9754a768fb5c5d04d9f498603be50e73f55621a0b40ee608b8";
    private const string PatchedHash = "5968efac8270eff8a2b5ca7381612ea9cc54d81cf4104a54e0e6106b7b5f11e3";
    private const int WeakFlagPlace = 260660;
    private const byte Weak = 2;

    private static readonly Lazy<(nint Torch, string File)> _loaded = new(LoadAll);

    /// <summary>libtorch's handle, and the file that serves as TorchSharp's native part.</summary>
    /// <exception cref="MttException">They are not there, or this machine's C++ runtime is too old for them.</exception>
    public static (nint Torch, string File) Load() => _loaded.Value;

    /// <summary>TorchSharp loads its native part when its first class is touched: what it finds then is set here.</summary>
    public static void Prepare()
    {
        NativeEnvironment.Prepare();
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
    }

    // Only asked where the system's own search has failed.
    private static nint Resolve(Assembly assembly, string name) =>
        name == Binding ? NativeLibrary.Load(Load().File) : 0;

    private static (nint Torch, string File) LoadAll()
    {
        LibTorchInstallation installation = LibTorchInstallation.Find();
        // By their own paths first: a system's libtorch of the same name would be taken otherwise.
        nint torch = NativeLibrary.Load(Path.Combine(installation.Libraries, "libtorch_cpu.so"));
        NativeLibrary.Load(Path.Combine(installation.Libraries, "libtorch.so"));
        string own = Path.Combine(installation.Libraries, Library);
        string file = NativeLibrary.TryLoad(own, out _) ? own : Patch(own);
        NativeEnvironment.KeepFreedMemory();
        return (torch, file);
    }

    /// <summary>The patched copy of a library that this machine does not load.</summary>
    /// <exception cref="MttException">It is not the one that is known, or does not load patched.</exception>
    internal static string Patch(string own)
    {
        if (ContentHash.OfFile(own) != KnownHash)
        {
            throw Refuse(null);
        }

        string folder = Path.Combine(CacheFolder.Native, PatchedHash[..16]);
        string patched = Path.Combine(folder, Library);
        CacheFolder.TakeOver(CacheFolder.Native);
        CacheFolder.CreatePrivate(folder);
        if (!CacheFolder.IsOurs(patched, found => found.IsPlain) || ContentHash.OfFile(patched) != PatchedHash)
        {
            byte[] bytes = File.ReadAllBytes(own);
            bytes[WeakFlagPlace] = Weak;
            using OutputFile output = OutputFile.Create(patched, force: true);
            output.Stream.Write(bytes);
            output.Commit();
            CacheFolder.KeepPrivate(patched);
        }

        try
        {
            NativeLibrary.Load(patched);
            return patched;
        }
        catch (DllNotFoundException problem)
        {
            throw Refuse(problem);
        }
    }

    private static MttException Refuse(Exception? problem) =>
        new(
            $"TorchSharp's native library does not load: this machine's C++ runtime is older than GCC 12's ({problem?.Message.Split('\n')[0]})",
            "It runs on Debian 12, Ubuntu 22.04, Fedora 36 and later ones. Elsewhere build mtt without -p:TorchProvider=TorchSharp.",
            problem
        );
}
