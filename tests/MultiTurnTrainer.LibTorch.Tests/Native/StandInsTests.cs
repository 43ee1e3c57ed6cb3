using System.Text.RegularExpressions;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Native;
using MultiTurnTrainer.LibTorch.Providers;

namespace MultiTurnTrainer.LibTorch.Tests.Native;

/// <summary>Libraries that libtorch is linked to and does not use are not loaded; those that it uses are never replaced.</summary>
public sealed class StandInsTests : IDisposable
{
    private readonly LibTorchInstallation _installation = LibTorchInstallation.Find();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_OfALibTorchThatAsksForUnusedLibraries_MapsStandInsOnly()
    {
        string[] names = StandIns.Of(_installation);
        Assert.SkipWhen(names.Length == 0, "this libtorch asks for nothing that it does not use");

        TorchRuntime.Load();

        string place = Path.GetDirectoryName(NativeCache.PathOf(_installation))!;
        string[] mapped =
        [
            .. File.ReadLines("/proc/self/maps")
                .Select(line => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries))
                .Where(words => words.Length == 6 && Regex.IsMatch(Path.GetFileName(words[5]), StandIns.Pattern))
                .Select(words => words[5])
                .Distinct(),
        ];
        Assert.Equal(names.Length, mapped.Length);
        Assert.All(mapped, path => Assert.Equal(place, Path.GetDirectoryName(path)));
    }

    [Fact]
    public void Make_ForALibraryWhoseSymbolsLibTorchUses_MakesNone()
    {
        string used = ElfFile
            .ReadNeeded(Path.Combine(_installation.Libraries, "libtorch_cpu.so"))
            .First(name => name.StartsWith("libc10.so", StringComparison.Ordinal));

        Assert.Empty(StandIns.Make(_installation, [used], _folder.Path, Compile));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Make_WithACompilerThatFails_MakesNone()
    {
        Assert.Empty(StandIns.Make(_installation, ["libnothing.so.1"], _folder.Path, _ => false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no library")]
    [InlineData("a text that is longer than the header of a library, and has none of its marks: 64 bytes")]
    public void ReadNeeded_OfAnotherFile_FindsNone(string text)
    {
        Assert.Empty(ElfFile.ReadNeeded(_folder.Write("file", text)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Of_ALibraryThatIsCutOffOrDamaged_FindsNone(int set)
    {
        byte[] header = new byte[64];
        "\u007fELF\u0002\u0001"u8.CopyTo(header);
        header.AsSpan(32, set).Fill(0xFF); // where the segments are: behind the end (255), before the beginning (-1)
        header[56] = 1; // how many there are
        File.WriteAllBytes(_folder["libtorch_cpu.so"], header);

        Assert.Throws<EndOfStreamException>(() => ElfFile.ReadNeeded(_folder["libtorch_cpu.so"]));
        Assert.Empty(StandIns.Of(_installation with { Libraries = _folder.Path }));
    }

    private bool Compile(string[] arguments) => Programs.Run(NativeBuild.Compiler!, arguments, _folder.Path).Code == 0;
}
