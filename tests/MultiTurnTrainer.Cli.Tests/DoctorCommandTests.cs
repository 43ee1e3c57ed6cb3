namespace MultiTurnTrainer.Cli.Tests;

public class DoctorCommandTests
{
    [Fact]
    public void Doctor_OnAnyMachine_NamesTheVersion()
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["doctor"]);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("mtt 0.1.0", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("python")]
    [InlineData("compiler")]
    [InlineData("driver")]
    public void Doctor_OfWhatIsRunAndLoaded_NamesTheFileAndWhoChoseIt(string what)
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["doctor"]);
        Assert.Matches($@"(?m)^  {what} +(/\S.* \((PATH|CXX|system)\)|none.*)$", result.Out);
    }
}
