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

    [Fact]
    public void Doctor_OfATokenizer_TimesIdsAndOffsetsOnOneThreadAndAll()
    {
        using TempFolder folder = new();
        folder.Write("texts.jsonl", "{\"text\": \"hello there\"}\n{\"text\": \"how are you?\"}\n");
        string model = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        MttResult result = MttProcess.Run(folder.Path, ["doctor", "--tokenizer", model, "--texts", "texts.jsonl"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("2 texts", result.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ids +1 +[\d.]+ +[\d.]+", result.Out);
        Assert.Matches(@"(?m)^ids and offsets +1 +[\d.]+ +[\d.]+", result.Out);
    }

    [Theory]
    [InlineData("--tokenizer", "--texts FILE")]
    [InlineData("--texts", "--tokenizer DIR")]
    public void Doctor_TokenizerWithoutTextsOrTheOtherWay_IsRefused(string given, string missing)
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["doctor", given, "x"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(missing, result.Error, StringComparison.Ordinal);
    }
}
