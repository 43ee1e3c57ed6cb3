using System.Text.RegularExpressions;
using MultiTurnTrainer.Testing;
using Xunit;

namespace MultiTurnTrainer.Cli.Tests;

public partial class HelpTests
{
    public static TheoryData<string> Commands()
    {
        string overview = MttProcess.Run(Repository.Root, ["--help"]).Out;
        return
        [
            .. CommandLine()
                .Matches(overview[overview.IndexOf("Commands:", StringComparison.Ordinal)..])
                .Select(match => match.Groups[1].Value),
        ];
    }

    [Fact]
    public void Overview_Commands_AreAllThere() => Assert.True(Commands().Count > 20);

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_Command_ShowsExamplesAndNamesEveryValue(string command)
    {
        MttResult help = MttProcess.Run(Repository.Root, [command, "--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains($"    mtt {command}", help.Out, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"--([a-z-]+) <\1>", help.Out);
    }

    [Theory]
    [InlineData("trian", "did you mean 'train'? mtt --help")]
    [InlineData("stats --fromat json chat.jsonl", "did you mean '--format'? mtt stats --help")]
    [InlineData("train --modle m --train t --output o --model m", "did you mean '--model'? mtt train --help")]
    public void Run_MistypedName_IsAnErrorThatNamesTheNearest(string command, string hint)
    {
        MttResult result = MttProcess.Run(Repository.Root, command.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(hint, result.Error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^  ([a-z][a-z-]+) ", RegexOptions.Multiline)]
    private static partial Regex CommandLine();
}
