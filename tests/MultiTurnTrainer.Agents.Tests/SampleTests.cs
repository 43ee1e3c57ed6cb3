using System.Diagnostics;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>The sample as it is shipped.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Agent_TwelveTurnsWithATool_SendsLessThanWasSaidAndForgetsNoDemand()
    {
        using TempFolder folder = new();
        string program = Path.Combine(Repository.Root, "artifacts/bin/agent/release/agent-sample.dll");
        ProcessStartInfo start = new("dotnet", [program, folder["agent.db"]]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().TrimEnd().Split('\n');
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        string[] last = lines[12].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("12", last[0]);
        Assert.True(int.Parse(last[2]) < int.Parse(last[1]) / 2, lines[12]);
        Assert.EndsWith(": yes", lines[13], StringComparison.Ordinal);
        Assert.True(File.Exists(folder["agent.db"]));
    }
}
