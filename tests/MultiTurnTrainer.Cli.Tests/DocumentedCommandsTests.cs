using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Commands;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Every <c>mtt …</c> that a page or a help text shows is a command line that mtt takes.</summary>
public partial class DocumentedCommandsTests
{
    private static readonly string[] _pages =
    [
        "README.md",
        "CONTRIBUTING.md",
        .. Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Concat(
                Directory.EnumerateFiles(
                    Path.Combine(Repository.Root, "datasets"),
                    "README.md",
                    SearchOption.AllDirectories
                )
            )
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Pages => [.. _pages];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_EveryCommand_Parses(string page)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, page));
        Assert.All(Lines(text), RequireParses);
        Assert.All(InSentences(text), RequireKnown);
    }

    [Fact]
    public void Pages_TakenTogether_ShowManyCommands()
    {
        string all = string.Join('\n', _pages.Select(page => File.ReadAllText(Path.Combine(Repository.Root, page))));
        Assert.True(Lines(all).Count() > 15);
        Assert.True(InSentences(all).Count() > 60);
    }

    [Fact]
    public void Help_EveryExample_Parses()
    {
        string[] examples = [.. MttCli.Root().Subcommands.SelectMany(command => Commands(command.Description!))];
        Assert.True(examples.Length >= 60);
        Assert.All(examples, RequireParses);
    }

    [Theory]
    [InlineData("mtt mask chat.jsonl --model m --bogus")]
    [InlineData("mtt trian --model m")]
    [InlineData("mtt shard a --output b --method magic")]
    [InlineData("mtt train --model m --train t --output o --set train.lerning_rate=1")]
    public void RequireParses_Mistake_IsFound(string line) => Assert.ThrowsAny<Exception>(() => RequireParses(line));

    [Theory]
    [InlineData("mtt mask --truncation")]
    [InlineData("mtt trian")]
    [InlineData("mtt prepare [--shart I/N]")]
    public void RequireKnown_Mistake_IsFound(string line) => Assert.ThrowsAny<Exception>(() => RequireKnown(line));

    [Theory]
    [InlineData("mtt mask --truncate")]
    [InlineData("mtt train --objective maigo")]
    [InlineData("mtt score rows.jsonl --model DIR [--adapter DIR]")]
    public void RequireKnown_PartOfACommand_Passes(string line) => RequireKnown(line);

    [Fact]
    public void Lines_BlocksWithPromptCommentPipeAndIndent_AreFound() =>
        Assert.Equal(
            ["mtt stats a.jsonl", "mtt validate -", "mtt init d", "mtt mask c.jsonl"],
            Lines(
                "```\n$ ./mtt stats a.jsonl      # so\nzcat b.gz | mtt validate - | jq .\nmtt init d && cd d\n```\nand\n\n    mtt mask c.jsonl\n"
            )
        );

    [Fact]
    public void InSentences_WrappedCode_IsFound() =>
        Assert.Equal(
            ["mtt mask --model m", "mtt mask"],
            InSentences("With `mtt\nmask --model m`, `mtt mask` or `jq`.")
        );

    /// <summary>A whole command line as the shell would hand it over; its settings are bound too.</summary>
    private static void RequireParses(string line)
    {
        string[] words = Words(line);
        Assert.Empty(ParseProblems.Of(MttCli.Root().Parse(words)).Problems);
        _ = SettingsFile.Load(
            Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/mtt.yaml"),
            words
                .Zip(words.Skip(1))
                .Where(pair => pair.First == "--set")
                .Select(pair => new SettingsOverride(pair.Second))
        );
    }

    /// <summary>A command with some of its options: the command and each option exist.</summary>
    private static void RequireKnown(string text)
    {
        string[] words = Words(
            text.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
        );
        Command command = Assert.Single(
            MttCli.Root().Subcommands,
            known => words.Length == 0 || known.Name == words[0]
        );
        Assert.All(
            words.Where(word => word.StartsWith("--", StringComparison.Ordinal)),
            word =>
                Assert.Contains(
                    word.Split('=')[0],
                    command
                        .Options.Concat(command.Subcommands.SelectMany(subcommand => subcommand.Options))
                        .Select(option => option.Name)
                )
        );
    }

    private static string[] Words(string line) => [.. CommandLineParser.SplitCommandLine(line).Skip(1)];

    /// <summary>Lines of code blocks, fenced or indented, that run mtt.</summary>
    private static IEnumerable<string> Lines(string page) =>
        page.Split("```")
            .SelectMany(
                (part, i) =>
                    i % 2 == 1
                        ? Commands(part)
                        : Commands(
                            string.Join(
                                '\n',
                                part.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal))
                            )
                        )
            );

    /// <summary>Code within sentences that runs mtt.</summary>
    private static IEnumerable<string> InSentences(string page) =>
        page.Split("```")
            .Where((_, i) => i % 2 == 0)
            .SelectMany(part => Code().Matches(part))
            .Select(match => match.Groups[1].Value.ReplaceLineEndings(" "));

    private static IEnumerable<string> Commands(string block) =>
        block
            .Split('\n')
            .Select(line => Command().Match(Comment().Replace(line.Trim(), "")))
            .Where(match => match.Success && !match.Value.Contains('…', StringComparison.Ordinal))
            .Select(match => match.Groups[1].Value.Trim());

    [GeneratedRegex(@"`(mtt\s[^`…]+)`")]
    private static partial Regex Code();

    // What stands before mtt (a prompt, a variable, a pipe, a path) and after it (a pipe, a redirection, a next command) goes.
    [GeneratedRegex(
        @"^(?:- )?(?:run: )?(?:\$ )?(?:[A-Z_]+=\S+ )*(?:[^`]* \| )?(?:dotnet |\./)?(mtt (?:""[^""]*""|'[^']*'|[^|>&""'])*)"
    )]
    private static partial Regex Command();

    [GeneratedRegex(@"\s{3,}.*$|\s+# .*$")]
    private static partial Regex Comment();
}
