using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What the executable of machine code does itself, and the whole program that is attached to it.</summary>
public sealed class WholeProgramTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", true)]
    [InlineData("--help", true)]
    [InlineData("help mask", true)]
    [InlineData("explain MTT104", true)]
    [InlineData("[suggest:9] mtt", true)]
    [InlineData("validate rows.jsonl --format=sarif", true)]
    [InlineData("validate data/*.jsonl", true)]
    [InlineData("validate hf://datasets/org/name", false)]
    [InlineData("validate rows.jsonl --model org/name", false)]
    [InlineData("validate rows.jsonl --model=org/name", false)]
    [InlineData("mask rows.jsonl", false)]
    [InlineData("--version", false)]
    public void IsOfMachineCode_CommandLine_IsWhatNeedsNoCodeMadeAtRunTime(string line, bool expected) =>
        Assert.Equal(expected, WholeProgram.IsOfMachineCode(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void IsOfMachineCode_FolderThatExists_IsNoNameOnTheHub()
    {
        string file = _folder.Write("data/rows.jsonl", "{}");
        Assert.True(WholeProgram.IsOfMachineCode(["validate", file, "--model", Path.GetDirectoryName(file)!]));
    }

    [Fact]
    public void Read_FileWithNothingBehindIt_IsNull()
    {
        Assert.Null(AttachedProgram.Read(_folder.Write("short", "x")));
        Assert.Null(AttachedProgram.Read(Repository.Mtt));
        Assert.Null(AttachedProgram.Read(_folder.Write("wrong", $"{new string('0', 64)} {999:D16} attached\n")));
    }

    /// <summary>As scripts/package.sh attaches it: once unpacked it stays, and a second call finds it.</summary>
    [Fact]
    public void Unpack_WhatIsAttached_IsThereWholeAndRuns()
    {
        Plant.Script(_folder["whole/mtt"], "printf 'whole %s' \"$1\"");
        _folder.Write("whole/lib.so", "library");
        byte[] archive = Pack(_folder["whole"]);
        string file = _folder["attached"];
        string hash = Convert.ToHexStringLower(SHA256.HashData(archive));
        File.WriteAllBytes(
            file,
            [.. "machine code"u8, .. archive, .. Encoding.ASCII.GetBytes(Trailer(hash, archive.Length))]
        );

        AttachedProgram attached = AttachedProgram.Read(file)!;
        Assert.Equal(new AttachedProgram(hash, archive.Length), attached);
        string cache = _folder["cache"];
        string program = attached.Unpack(file, cache);
        Assert.Equal(Path.Combine(cache, "programs", hash[..16], "mtt"), program);
        Assert.Equal("library", File.ReadAllText(Path.Combine(Path.GetDirectoryName(program)!, "lib.so")));
        using Process process = Process.Start(
            new ProcessStartInfo(program, ["it runs"]) { RedirectStandardOutput = true }
        )!;
        Assert.Equal("whole it runs", process.StandardOutput.ReadToEnd());
        DateTime made = Directory.GetCreationTimeUtc(Path.GetDirectoryName(program)!);
        Assert.Equal(program, attached.Unpack(file, cache));
        Assert.Equal(made, Directory.GetCreationTimeUtc(Path.GetDirectoryName(program)!));
        Assert.Equal(2, Directory.GetFileSystemEntries(Path.Combine(cache, "programs")).Length);
    }

    [Fact]
    public void Unpack_ArchiveThatIsCutOff_LeavesNothingToRun()
    {
        Plant.Script(_folder["whole/mtt"], "printf whole");
        byte[] archive = Pack(_folder["whole"])[..^20];
        string file = _folder["attached"];
        string hash = new('a', 64);
        File.WriteAllBytes(file, [.. archive, .. Encoding.ASCII.GetBytes(Trailer(hash, archive.Length))]);
        MttException problem = Assert.Throws<MttException>(() =>
            AttachedProgram.Read(file)!.Unpack(file, _folder["cache"])
        );
        Assert.Contains("cannot be unpacked", problem.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder[$"cache/programs/{hash[..16]}"]));
    }

    private static string Trailer(string hash, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"{hash} {length:D16} attached\n");

    private static byte[] Pack(string folder)
    {
        using MemoryStream packed = new();
        using (
            System.IO.Compression.GZipStream gzip = new(packed, System.IO.Compression.CompressionLevel.Fastest, true)
        )
        {
            System.Formats.Tar.TarFile.CreateFromDirectory(folder, gzip, includeBaseDirectory: false);
        }

        return packed.ToArray();
    }
}
