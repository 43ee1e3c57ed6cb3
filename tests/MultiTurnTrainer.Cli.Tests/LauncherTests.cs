using System.Diagnostics;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Which of its three programs <c>./mtt</c> of a checkout runs; each here says its name.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string Build = "artifacts/bin/MultiTurnTrainer.Cli/release";

    private readonly TempFolder _folder = new();

    public LauncherTests() => File.Copy(Path.Combine(Repository.Root, "mtt"), _folder["mtt"]);

    /// <summary>Machine code itself knows what it hands over: <see cref="WholeProgramTests"/>.</summary>
    [Fact]
    public void Launcher_OfWhatSetupMade_RunsMachineCode()
    {
        Make();
        Assert.Equal("native", Run(["validate"]));
    }

    [Fact]
    public void Launcher_WithoutMachineCode_RunsWhatIsCompiledAheadOfTime()
    {
        Make();
        File.Delete(_folder["artifacts/mtt/native/mtt"]);
        Assert.Equal("ahead", Run(["validate"]));
    }

    [Fact]
    public void Launcher_WithMachineCodeAlone_RunsTheBuild()
    {
        Make();
        File.Delete(_folder["artifacts/mtt/mtt"]);
        Assert.Equal("build", Run(["validate"]));
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
        File.SetLastWriteTimeUtc(_folder["artifacts/mtt/native/mtt"], DateTime.UtcNow.AddHours(-2));
        Assert.Equal("ahead", Run(["validate"]));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private void Make()
    {
        Plant.Script(_folder[$"{Build}/mtt"], "printf build");
        Plant.Script(_folder["artifacts/mtt/mtt"], "printf ahead");
        Plant.Script(_folder["artifacts/mtt/native/mtt"], "printf native");
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
