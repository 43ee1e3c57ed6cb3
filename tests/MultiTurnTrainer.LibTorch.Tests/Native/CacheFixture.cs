using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Native;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>A cache of its own with a compiler that is a shell script. It sets this process' variables: one test at a time.</summary>
internal sealed class CacheFixture : IDisposable
{
    /// <summary>What the compiler writes as the library.</summary>
    public const string Text = "the library as it was built";

    private static readonly string[] _variables = ["MTT_CACHE", "XDG_CACHE_HOME", "CXX", "MTT_LIBTORCH"];

    private readonly string?[] _before = Array.ConvertAll(_variables, Environment.GetEnvironmentVariable);

    public CacheFixture()
    {
        Folder.Write("torch/include/ATen/ATen.h", "");
        Folder.Write("torch/lib/libtorch_cpu.so", "");
        Installation = new LibTorchInstallation("test", Folder["torch/include"], Folder["torch/lib"], Cuda: false);
        Environment.SetEnvironmentVariable("MTT_CACHE", Folder["cache"]);
        Environment.SetEnvironmentVariable("MTT_LIBTORCH", Folder["torch"]);
        Compiler($"printf '%s' '{Text}' > \"$out\"");
    }

    public TempFolder Folder { get; } = new();

    public LibTorchInstallation Installation { get; }

    /// <summary>The folder that belongs to the user alone.</summary>
    public string Native => Folder["cache/native"];

    /// <summary>The folder of the installation's library.</summary>
    public string Place => Path.GetDirectoryName(NativeCache.PathOf(Installation))!;

    /// <summary>The library.</summary>
    public string Library => NativeCache.PathOf(Installation);

    /// <summary>How often the compiler was started.</summary>
    public int Compilations =>
        File.Exists(Folder["compilations"]) ? File.ReadAllLines(Folder["compilations"]).Length : 0;

    /// <summary>Puts a script in the compiler's place; <c>$out</c> is the library it is to write.</summary>
    public void Compiler(string script)
    {
        string path = Plant.Script(
            Folder["c++"],
            $$"""
            echo started >> '{{Folder["compilations"]}}'
            while [ "$1" != -o ]; do shift; done
            out="$2"
            {{script}}
            """
        );
        Environment.SetEnvironmentVariable("CXX", path);
    }

    /// <summary>Makes sure of the library, and that it is what the compiler wrote.</summary>
    public void AssertServes()
    {
        string path = NativeCache.Ensure(Installation);
        Assert.Equal(Library, path);
        Assert.Equal(Text, File.ReadAllText(path));
        Assert.Equal(["libmtt_torch.so", "libmtt_torch.so.sha256"], Names(Place));
        Assert.DoesNotContain(Names(Native), name => name!.StartsWith("build-", StringComparison.Ordinal));
    }

    public static IEnumerable<string?> Names(string folder) =>
        Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    public void Dispose()
    {
        for (int i = 0; i < _variables.Length; i++)
        {
            Environment.SetEnvironmentVariable(_variables[i], _before[i]);
        }

        Folder.Dispose();
    }
}
