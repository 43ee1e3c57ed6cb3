using System.Diagnostics;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>Outputs in folders where somebody has planted something: written beside it or refused, never through it.</summary>
public sealed class PlantedFilesTests : IDisposable
{
    private static readonly string[] _kinds =
    [
        "an empty file",
        "a file",
        "a folder",
        "a full folder",
        "a pipe",
        "a link to a file",
        "a hard link to a file",
        "a link to a folder",
        "a link to a pipe",
        "a link to a device",
        "a link that leads nowhere",
        "a link to itself",
    ];

    private readonly TempFolder _folder = new();

    /// <summary>Names that a run uses or has used, and what lies there.</summary>
    public static TheoryData<string, string> Names
    {
        get
        {
            TheoryData<string, string> all = [];
            string[] names = ["out", ".out.mtt-lock", "out.tmp-0123456789abcdef", $"out.tmp-{Environment.ProcessId}"];
            foreach (string name in names)
            {
                foreach (string kind in _kinds)
                {
                    all.Add(name, kind);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_WhereSomethingIsPlanted_NeverWritesThroughIt(string name, string kind)
    {
        Plant.At(_folder[name], kind);
        bool whole = Writes("out");

        Plant.AssertUntouched(_folder[name], kind);
        if (whole)
        {
            Assert.Equal("whole", File.ReadAllText(_folder["out"]));
            Assert.Null(new FileInfo(_folder["out"]).LinkTarget);
            Assert.False(File.Exists(_folder[".out.mtt-lock"]));
        }
        else
        {
            // What cannot be replaced is refused: a folder, a pipe or a device in the output's or the lock's place.
            Assert.True(name is "out" or ".out.mtt-lock", $"{kind} at {name} is in nobody's way");
        }
    }

    [Theory]
    [InlineData("an empty file", true)]
    [InlineData("a link that leads nowhere", true)]
    [InlineData("a link to a file", true)]
    [InlineData("a pipe", false)]
    [InlineData("a folder", false)]
    [InlineData("a link to a device", false)]
    public void Write_OverWhatIsThere_ReplacesOrRefuses(string kind, bool replaces)
    {
        Plant.At(_folder["out"], kind);

        Assert.Equal(replaces, Writes("out"));
    }

    [Theory]
    [InlineData("an empty file", true)]
    [InlineData("a file", true)]
    [InlineData("a link to a file", false)]
    [InlineData("a link that leads nowhere", false)]
    [InlineData("a pipe", false)]
    [InlineData("a folder", false)]
    public void OpenAppend_WhereSomethingIsPlanted_OpensPlainFilesOnly(string kind, bool opens)
    {
        string path = _folder["metrics.csv"];
        Plant.At(path, kind);
        string before = opens ? File.ReadAllText(path) : "";
        Exception? problem = Record.Exception(() =>
        {
            using FileStream stream = PosixFile.OpenAppend(path);
            stream.Write("more"u8);
        });

        Plant.AssertUntouched(path, kind);
        Assert.Equal(opens, problem is null);
        if (opens)
        {
            Assert.Equal(before + "more", File.ReadAllText(path));
        }
        else
        {
            Assert.IsType<IOException>(problem, exactMatch: false);
        }
    }

    [Fact]
    public void Temporaries_OfManyFiles_HaveUnforeseeableNames()
    {
        string[] names = [.. Enumerable.Range(0, 100).Select(_ => TemporaryName.For("out"))];

        Assert.Equal(100, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^out\\.tmp-[0-9a-f]{16}$", name));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Take_WhileAnotherProcessHoldsIt_IsRefusedUntilThatEnds(bool killed)
    {
        using (Process other = Holder(_folder[".out.mtt-lock"]))
        {
            MttException problem = Assert.Throws<MttException>(() => OutputFile.Create(_folder["out"], force: true));
            Assert.Contains("another run", problem.Message, StringComparison.Ordinal);
            Assert.Null(OutputFile.TryCreate(_folder["out"], force: true));
            if (killed)
            {
                other.Kill(entireProcessTree: true);
            }
            else
            {
                other.StandardInput.Close();
            }

            other.WaitForExit();
        }

        Assert.True(Writes("out"));
        Assert.Equal(["out"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Take_ByManyAtOnce_LetsOneAtATimeIn()
    {
        int inside = 0;
        int most = 0;
        int entered = 0;
        Parallel.For(
            0,
            400,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            _ =>
            {
                using OutputLock? held = OutputLock.TryTake(_folder["out"]);
                if (held is not null)
                {
                    most = Math.Max(most, Interlocked.Increment(ref inside));
                    Interlocked.Increment(ref entered);
                    Thread.SpinWait(1000);
                    Interlocked.Decrement(ref inside);
                }
            }
        );

        Assert.Equal(1, most);
        Assert.InRange(entered, 1, 400);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void TakeFolder_WithNothingWritten_LeavesNoFolder()
    {
        using (OutputLock.TakeFolder(_folder["run"]))
        {
            Assert.Throws<MttException>(() => OutputLock.TakeFolder(_folder["run"]));
        }

        Assert.False(Directory.Exists(_folder["run"]));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private bool Writes(string name)
    {
        try
        {
            OutputFile.WriteAllBytes(_folder[name], "whole"u8, force: true);
            return true;
        }
        catch (MttException)
        {
            return false;
        }
    }

    private static Process Holder(string path)
    {
        // The lock is flock's alone (-o): a shell that is still ending must not hold it on.
        ProcessStartInfo start = new("flock", ["-o", path, "sh", "-c", "echo held; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        Process process = Process.Start(start)!;
        Assert.Equal("held", process.StandardOutput.ReadLine());
        return process;
    }
}
