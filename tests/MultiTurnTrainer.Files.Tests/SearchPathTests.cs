namespace MultiTurnTrainer.Files.Tests;

/// <summary>No entry of PATH or its like leads to where the user happens to stand.</summary>
public class SearchPathTests
{
    public static TheoryData<string> Wandering =>
        [
            "",
            ".",
            "./",
            "..",
            "../",
            "bin",
            "bin/",
            "./bin",
            "../bin",
            "bin/../../usr/bin",
            "~",
            "~/bin",
            " /usr/bin",
            "\t/usr/bin",
            "$HOME/bin",
            "-",
            "C:\\bin",
            "\\usr\\bin",
            "/proc/self/cwd",
            "/proc/self/cwd/bin",
            "/proc/self/../self/cwd",
            "//proc/self/cwd",
            "/./proc/self/cwd",
            "/usr/../proc/self/cwd",
            "/proc/self/cwd/../../home",
            "/proc/thread-self/cwd",
            "/proc/1/cwd",
            "/proc/self/fd/3",
            "/dev/fd/3",
        ];

    [Theory]
    [MemberData(nameof(Wandering))]
    public void Folders_WithAnEntryThatWanders_LeaveItOut(string entry)
    {
        using Variable variable = new($"/usr/bin:{entry}:/bin");

        Assert.Equal(["/usr/bin", "/bin"], SearchPath.Folders(variable.Name));
        Assert.True(SearchPath.HasOthers(variable.Name));
    }

    [Theory]
    [InlineData(":/usr/bin")]
    [InlineData("/usr/bin:")]
    [InlineData("/usr/bin::")]
    [InlineData(":::/usr/bin:.:")]
    public void Folders_WithEmptyEntriesAtTheEnds_LeaveThemOut(string text)
    {
        using Variable variable = new(text);

        Assert.Equal(["/usr/bin"], SearchPath.Folders(variable.Name));
        Assert.True(SearchPath.HasOthers(variable.Name));
    }

    [Theory]
    [InlineData("/usr/bin:/opt/my tools/bin:/processes")]
    [InlineData("")]
    [InlineData(null)]
    public void Folders_OfAbsoluteEntries_KeepThemInOrder(string? text)
    {
        using Variable variable = new(text);

        Assert.Equal(text?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [], SearchPath.Folders(variable.Name));
        Assert.False(SearchPath.HasOthers(variable.Name));
    }

    [Theory]
    [MemberData(nameof(Wandering))]
    public void RequireFixed_OfAPathThatWanders_NamesTheVariable(string path)
    {
        MttException problem = Assert.Throws<MttException>(() => SearchPath.RequireFixed("MTT_CACHE", path));

        Assert.Contains("MTT_CACHE=", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
    }

    /// <summary>A variable of this test's own.</summary>
    internal sealed class Variable : IDisposable
    {
        public Variable(string? text) => Environment.SetEnvironmentVariable(Name, text);

        public string Name { get; } = $"MTT_TEST_{Guid.NewGuid():N}";

        public void Dispose() => Environment.SetEnvironmentVariable(Name, null);
    }
}
