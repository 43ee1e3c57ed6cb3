using System.CommandLine;
using System.Globalization;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Testing;
using Xunit;

namespace MultiTurnTrainer.Cli.Tests;

public class NumberBoundsTests
{
    private static readonly Type[] _numbers = [typeof(int), typeof(long), typeof(ulong), typeof(double)];

    public static TheoryData<string, string> Flags =>
        [
            .. MttCli
                .Root()
                .Subcommands.SelectMany(command =>
                    command
                        .Options.Where(option => _numbers.Contains(TypeOf(option)))
                        .Select(option => (command.Name, option.Name))
                ),
        ];

    [Fact]
    public void Flags_OfAllCommands_AreMany() => Assert.InRange(Flags.Count, 30, 200);

    [Theory]
    [MemberData(nameof(Flags))]
    public void Run_ANegativeNumber_IsRefused(string command, string flag) =>
        Assert.NotNull(Problem(command, flag, "-1"));

    [Theory]
    [MemberData(nameof(Flags))]
    public void Run_ANumberThatFitsNothing_IsRefused(string command, string flag) =>
        Assert.NotNull(Problem(command, flag, "1" + new string('0', 400)));

    [Theory]
    [MemberData(nameof(Flags))]
    public void Run_Zero_IsRefusedOrTheDefaultOrExplained(string command, string flag)
    {
        Option option = MttCli.Root().Subcommands.Single(c => c.Name == command).Options.Single(o => o.Name == flag);
        // Without a default of its own a number that cannot be null begins at 0.
        bool isDefault =
            Nullable.GetUnderlyingType(option.ValueType) is null
            && (
                !option.HasDefaultValue || Convert.ToDouble(option.GetDefaultValue(), CultureInfo.InvariantCulture) == 0
            );

        Assert.True(
            Problem(command, flag, "0") is not null
                || isDefault
                || flag == "--seed"
                || option.Description!.Contains("0 ", StringComparison.Ordinal),
            $"{command} {flag} 0 is taken, and nothing says what it means"
        );
    }

    [Theory]
    [InlineData("review s.jsonl --output o --dry-run --rounds 0", "--rounds 0: must lie between 1 and 100")]
    [InlineData("review s.jsonl --output o --concurrency 0", "--concurrency 0: must lie between 1 and 4,096")]
    [InlineData("review s.jsonl --output o --budget-tokens -5", "--budget-tokens -5: must lie between 1 and")]
    [InlineData("shard a --output b --max-characters 0", "--max-characters 0: must lie between 1 and 10,000,000")]
    [InlineData("mask a --model m --html-rows -5", "--html-rows -5: must be at least 1")]
    [InlineData("generate a --model m --top-p 0", "--top-p 0: must be above 0 and at most 1")]
    [InlineData("validate a --similarity 0.2", "--similarity 0.2: must lie between 0.3 and 1")]
    public void Run_OutOfBounds_Returns2AndSaysTheBounds(string line, string expected)
    {
        MttResult result = MttProcess.Run(Repository.Root, line.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"error: {expected}", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Flags of train that stand for settings are texts to the parser, and are checked as the settings are.</summary>
    [Theory]
    [InlineData("--batch-size", "-1")]
    [InlineData("--batch-size", "0")]
    [InlineData("--epochs", "-1")]
    [InlineData("--learning-rate", "-1")]
    [InlineData("--seed", "-1")]
    [InlineData("--max-steps", "-2")]
    [InlineData("--max-steps", "99999999999999999999")]
    [InlineData("--epochs", "1e400")]
    [InlineData("--learning-rate", "1e400")]
    public void Train_SettingOutOfBounds_IsRefusedByItsFlag(string flag, string value)
    {
        MttResult result = MttProcess.Run(
            Repository.Root,
            ["train", "--train", "none.jsonl", "--model", PresetModel.Folder, "--output", "none", flag, value]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith($"error: {flag}: train.", result.Error, StringComparison.Ordinal);
    }

    private static Type TypeOf(Option option) => Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;

    private static string? Problem(string command, string flag, string value) =>
        ParseProblems
            .Of(MttCli.Root().Parse([command, flag, value]))
            .Problems.FirstOrDefault(problem => problem.StartsWith($"{flag} {value}: ", StringComparison.Ordinal));
}
