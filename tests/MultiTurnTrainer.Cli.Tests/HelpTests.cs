using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Commands;
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

    // The table's names choose which command is built; the built ones choose what is parsed.
    [Fact]
    public void Root_Commands_HaveTheNamesOfTheTable() =>
        Assert.Equal(MttCli.CommandNames, MttCli.Root().Subcommands.Select(command => command.Name));

    [Fact]
    public void Help_AsAWord_IsTheSameHelp()
    {
        Assert.Equal(MttProcess.Run(Repository.Root, ["--help"]), MttProcess.Run(Repository.Root, ["help"]));
        Assert.Equal(
            MttProcess.Run(Repository.Root, ["mask", "--help"]),
            MttProcess.Run(Repository.Root, ["help", "mask"])
        );
    }

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
    [InlineData("shard a --output b --method magic", "error: --method magic: is not known, one of model, rules is\n")]
    [InlineData("mask a --model m --show x", "error: --show x: is not a whole number that fits\n")]
    [InlineData(
        "train --model m --train t --output o --objective ppo",
        "error: --objective ppo: is not known, one of ccopd, distill-offline, dpo, kto, maigo, orpo, sft, simpo is\n"
    )]
    [InlineData("train --model m --train t --output o --batch-size 0", "error: --batch-size: train.per_device")]
    [InlineData("completion tcsh", "error: SHELL tcsh: is not known, one of bash, fish, zsh is\n")]
    [InlineData("mask", "error: --model is needed\nerror: INPUT is needed\n")]
    [InlineData("trian", "error: there is no command 'trian'\n  hint")]
    public void Run_BadValue_IsNamedWithWhatIsAccepted(string command, string expected)
    {
        MttResult result = MttProcess.Run(Repository.Root, command.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith(expected, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mtt sel", "selftest")]
    [InlineData("mtt validate --format s", "sarif")]
    [InlineData("mtt mask --max-", "--max-length")]
    public void Run_ShellAsksForCompletions_GivesThem(string line, string expected)
    {
        MttResult result = MttProcess.Run(Repository.Root, [$"[suggest:{line.Length}]", line]);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains(expected, result.Out.Split('\n'));
    }

    [Fact]
    public void Completion_OfBash_AsksMtt()
    {
        MttResult script = MttProcess.Run(Repository.Root, ["completion", "bash"]);

        Assert.Equal(0, script.ExitCode);
        Assert.Contains("complete -o default -F _mtt mtt", script.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Nothing_ShowsTheOverview()
    {
        MttResult result = MttProcess.Run(Repository.Root, []);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("Commands:", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Options of several commands that mean one thing have one wording; the others say what they mean there.</summary>
    [Fact]
    public void Options_OfOneMeaning_AreTheSameInEveryCommand()
    {
        string[] shared =
        [
            "--force",
            "--template",
            "--eot",
            "--now",
            "--endpoint",
            "--config",
            "--set",
            "--preference",
            "--roles",
        ];
        ILookup<string, string> wordings = MttCli
            .Root()
            .Subcommands.SelectMany(command => command.Options)
            .ToLookup(option => option.Name, option => $"{option.HelpName}: {option.Description}");
        Assert.All(shared, name => Assert.True(wordings[name].Count() > 1, name));
        // mtt generate asks one server, not any; mtt audit reads another trainer's settings.
        Assert.All(
            shared,
            name =>
                Assert.Single(
                    wordings[name].Distinct(),
                    text =>
                        (name != "--endpoint" || text.Contains("repeatable", StringComparison.Ordinal))
                        && (name != "--config" || text.Contains("mtt.yaml", StringComparison.Ordinal))
                )
        );
        Assert.All(
            MttCli
                .Root()
                .Subcommands.SelectMany(command => command.Options)
                .Where(option => option.Name is "--model" or "--output"),
            option => Assert.Contains(option.Name[1..3], option.Aliases)
        );
        Assert.All(
            MttCli.Root().Subcommands.SelectMany(command => command.Options),
            option => Assert.EndsWith(".", option.Description, StringComparison.Ordinal)
        );
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
