namespace MultiTurnTrainer.Files.Tests;

/// <summary>Which program is meant by a name, and what a started one gets to see.</summary>
public sealed class ProgramsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Entries =>
        [
            "{here}",
            "./{here}",
            "{here}/",
            "{here}/.",
            "{here}/../bin",
            "/proc/self/cwd/{here}",
            "//proc/self/cwd/{here}",
            "/usr/../proc/self/cwd/{here}",
            "/proc/{pid}/cwd/{here}",
        ];

    [Theory]
    [MemberData(nameof(Entries))]
    public void Find_OfAProgramBelowTheCurrentFolder_FindsNone(string entry)
    {
        Plant.Script(_folder["bin/tool"], "");
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, _folder["bin"]);
        entry = entry.Replace("{here}", relative).Replace("{pid}", $"{Environment.ProcessId}");
        using SearchPathTests.Variable variable = new($"{entry}:");

        Assert.Null(Programs.Find("tool", variable.Name));
    }

    [Theory]
    [InlineData("a folder")]
    [InlineData("a file that nobody may run")]
    [InlineData("a pipe")]
    [InlineData("a link that leads nowhere")]
    [InlineData("a link to itself")]
    [InlineData("nothing")]
    public void Find_PastWhatIsNoProgram_TakesTheNextFolders(string first)
    {
        string place = _folder["first/tool"];
        Directory.CreateDirectory(_folder["first"]);
        Plant.At(place, first);
        string second = Plant.Script(_folder["second/tool"], "");
        using SearchPathTests.Variable variable = new($"{_folder["first"]}:{_folder["second"]}");

        Assert.Equal(second, Programs.Find("tool", variable.Name));
    }

    [Theory]
    [InlineData("./g++")]
    [InlineData("../g++")]
    [InlineData("bin/g++")]
    [InlineData("/proc/self/cwd/g++")]
    public void FindNamed_ByARelativePath_IsRefused(string named)
    {
        using SearchPathTests.Variable variable = new(named);

        Assert.Throws<MttException>(() => Programs.FindNamed(variable.Name, "sh"));
    }

    [Theory]
    [InlineData(null, "sh")]
    [InlineData("", "sh")]
    [InlineData("env", "env")]
    [InlineData("/bin/sh", "sh")]
    public void FindNamed_ByPathOrName_IsAbsolute(string? named, string name)
    {
        using SearchPathTests.Variable variable = new(named);
        string? found = Programs.FindNamed(variable.Name, "sh");

        Assert.NotNull(found);
        Assert.StartsWith("/", found, StringComparison.Ordinal);
        Assert.Equal(name, Path.GetFileName(found));
    }

    [Theory]
    [InlineData("no-such-program")]
    [InlineData("/no/such/program")]
    [InlineData("/usr/bin")]
    public void FindNamed_OfNoProgram_FindsNone(string named)
    {
        using SearchPathTests.Variable variable = new(named);

        Assert.Null(Programs.FindNamed(variable.Name, "sh"));
    }

    [Fact]
    public void Run_GivesTheRootFolderAndFewVariables()
    {
        string[] allowed = ["PATH", "HOME", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PWD", "SHLVL", "OLDPWD", "_"];
        using SearchPathTests.Variable secret = new("secret");

        ProgramResult result = Programs.Run("/bin/sh", ["-c", "pwd; env; echo wrong >&2; cat; exit 7"], _folder.Path);

        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, result.Code);
        Assert.Equal("/", lines[0]);
        Assert.Contains($"TMPDIR={_folder.Path}", lines);
        Assert.All(lines[1..], line => Assert.Contains(line.Split('=')[0], allowed));
        Assert.Equal("wrong\n", result.Errors);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
