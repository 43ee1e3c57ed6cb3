using System.Diagnostics;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Which of its three programs <c>./mtt</c> of a checkout runs; each here says its name.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string Build = "artifacts/bin/MultiTurnTrainer.Cli/release";

    private readonly TempFolder _folder = new();

    public LauncherTests() => File.Copy(Path.Combine(Repository.Root, "mtt"), _folder["mtt"]);

    [Theory]
    [InlineData("validate", "native")]
    [InlineData("explain", "native")]
    [InlineData("completion", "native")]
    [InlineData("help", "native")]
    [InlineData("--help", "native")]
    [InlineData("--version", "ahead")]
    [InlineData(null, "native")]
    [InlineData("mask", "ahead")]
    [InlineData("train", "ahead")]
    [InlineData("--verbose", "ahead")]
    public void Launcher_OfWhatSetupMade_GivesMachineCodeOnlyWhatItIsFor(string? first, string program)
    {
        Make();
        Assert.Equal(program, Run(first is null ? [] : [first, "train"]));
    }

    [Fact]
    public void Launcher_AfterANewBuild_RunsTheBuild()
    {
        Make();
        File.SetLastWriteTimeUtc(_folder[$"{Build}/mtt.dll"], DateTime.UtcNow.AddMinutes(1));
        Assert.Equal("build", Run(["validate"]));
        Assert.Equal("build", Run(["mask"]));
    }

    [Fact]
    public void Launcher_WithMachineCodeOlderThanTheBuild_RunsWhatIsCurrent()
    {
        Make();
        File.SetLastWriteTimeUtc(_folder["artifacts/mtt/mtt-native"], DateTime.UtcNow.AddHours(-2));
        Assert.Equal("ahead", Run(["validate"]));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private void Make()
    {
        Plant.Script(_folder[$"{Build}/mtt"], "printf build");
        Plant.Script(_folder["artifacts/mtt/mtt"], "printf ahead");
        Plant.Script(_folder["artifacts/mtt/mtt-native"], "printf native");
        File.WriteAllText(_folder[$"{Build}/mtt.dll"], "");
        File.SetLastWriteTimeUtc(_folder[$"{Build}/mtt.dll"], DateTime.UtcNow.AddHours(-1));
    }

    private string Run(string[] args)
    {
        ProcessStartInfo start = new(_folder["mtt"], args) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
