using MultiTurnTrainer.Cli.Commands;

namespace MultiTurnTrainer.Cli.Tests;

public class DoctorCommandTests
{
    [Fact]
    public void Doctor_OnAnyMachine_NamesTheVersion()
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["doctor"]);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("mtt 0.2.0", result.Out, StringComparison.Ordinal);
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

    [Fact]
    public void Doctor_WithoutLibTorch_EndsWithWhatWorksAndWhatToInstall()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["torch"]);
        Dictionary<string, string> environment = new() { ["MTT_LIBTORCH"] = folder["torch"] };

        MttResult result = MttProcess.Run(folder.Path, ["doctor"], environment: environment);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(
            @"\n  verdict   validate, prepare, mask .* no usable libtorch\n  next      Name a folder with include/ATen/ATen\.h .*\n$",
            result.Out
        );
    }

    [Fact]
    public void Doctor_WithLibTorch_EndsWithAVerdictAndTheNextStep()
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["doctor"]);
        Assert.Matches(@"\n  verdict   everything works.*\n  next      \S.*\n$", result.Out);
    }

    [Fact]
    public void Verdict_OfEachMachine_NamesOneNextStep()
    {
        Assert.Equal("apt-get install x", DoctorVerdict.WithoutLibTorch("apt-get install x").Next);
        Assert.Contains("mtt doctor", DoctorVerdict.WithoutLibTorch(null).Next, StringComparison.Ordinal);
        Assert.Contains("2 GPUs", DoctorVerdict.OnGpu(2, hasCompiler: true).Verdict, StringComparison.Ordinal);
        Assert.Contains("libnvrtc", DoctorVerdict.OnGpu(1, hasCompiler: false).Next, StringComparison.Ordinal);
        Assert.Contains(
            "10 times slower",
            DoctorVerdict.OnSlowProcessor("apt-get install b").Verdict,
            StringComparison.Ordinal
        );
        Assert.Contains("nvidia-smi", DoctorVerdict.OnProcessor(cuda: true).Next, StringComparison.Ordinal);
        Assert.Contains("mtt init", DoctorVerdict.OnProcessor(cuda: false).Next, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_OfABuildInACheckout_NamesTheCommitAndLibTorch()
    {
        using TempFolder folder = new();
        MttResult result = MttProcess.Run(folder.Path, ["--version"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Matches(
            @"^mtt \d+\.\d+\.\d+ \(commit [0-9a-f]{12}\)\nlibtorch (\d+\.\d+\.\d+\S* \(.+: /.+\)|none: .+)\n$",
            result.Out
        );
    }

    [Fact]
    public void Version_WithoutLibTorch_SaysSo()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["torch"]);
        Dictionary<string, string> environment = new() { ["MTT_LIBTORCH"] = folder["torch"] };
        MttResult result = MttProcess.Run(folder.Path, ["--version"], environment: environment);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains(
            $"libtorch none: MTT_LIBTORCH={folder["torch"]} holds no libtorch",
            result.Out,
            StringComparison.Ordinal
        );
    }
}
