using System.CommandLine;
using MultiTurnTrainer.Cli.Commands;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What a run of a sweep depends on.</summary>
public class TrainOptionsTests
{
    [Theory]
    [InlineData("--train b.jsonl --eval a.jsonl")]
    [InlineData("--train b.jsonl a.jsonl")]
    public void PartsOf_TheSameFilesForOtherUses_AreOthers(string files) =>
        Assert.NotEqual(Parts("--train a.jsonl --eval b.jsonl"), Parts(files));

    private static string Parts(string files)
    {
        TrainOptions options = new();
        Command command = new("train");
        options.AddTo(command);
        ParseResult parsed = command.Parse($"--model model {files} --output out");
        return string.Join(
            '\n',
            options.PartsOf(parsed, options.LoadSettings(parsed, new Dictionary<string, string>()))
        );
    }
}
