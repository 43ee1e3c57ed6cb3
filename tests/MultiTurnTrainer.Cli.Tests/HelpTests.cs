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

    [GeneratedRegex(@"^  ([a-z][a-z-]+) ", RegexOptions.Multiline)]
    private static partial Regex CommandLine();
}
