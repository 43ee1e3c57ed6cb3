namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>
/// Every command of every page runs, as it stands there, in a fresh folder. MTT_DOCS_NIGHTLY runs the long ones too (scripts/nightly.sh); that each is a command line
/// that mtt takes is checked in any case (DocumentedCommandsTests).
/// </summary>
public class PageCommandsTests(PageWorld world) : IClassFixture<PageWorld>
{
    private static readonly string[] _pageFiles =
    [
        .. RepositoryPages.Files.Where(file => PageWorld.BlocksNow(file).Count > 0),
    ];

    public static TheoryData<string> Pages => [.. _pageFiles];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Commands_OfAPage_Run(string page)
    {
        string problem = world.RunAll(_pageFiles)[page];

        Assert.True(problem.Length == 0, problem);
    }

    [Fact]
    public void Run_CommandThatFails_IsNamed()
    {
        Assert.Contains(
            "test:2: exit code 2: mtt explain NOTHING",
            world.Run("test", PageCommands.Of("\n```\nmtt explain MTT104\nmtt explain NOTHING\n```")),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "test-2:1: exit code 1: false",
            world.Run("test-2", PageCommands.Of("```\nfalse | cat\n```")),
            StringComparison.Ordinal
        );
        Assert.Equal("", world.Run("test-3", PageCommands.Of("<!-- exits: 1 -->\n```\nfalse\n```")));
    }

    /// <summary>What does not run with every change says why, and where it runs.</summary>
    [Fact]
    public void Blocks_ThatDoNotAlwaysRun_SayWhy()
    {
        (string File, CommandBlock Block)[] blocks =
        [
            .. RepositoryPages.Files.SelectMany(file => PageWorld.Blocks(file).Select(block => (file, block))),
        ];
        Assert.All(
            blocks.Where(pair => pair.Block.Run == CommandsRun.Elsewhere),
            pair =>
                Assert.True(Exists(pair.Block.Note.Split(": ")[0]), $"{pair.File}:{pair.Block.Line}: {pair.Block.Note}")
        );
        Assert.All(
            blocks.Where(pair => pair.Block.Run == CommandsRun.Nightly),
            pair => Assert.NotEqual("", pair.Block.Note)
        );

        int Count(CommandsRun run) =>
            blocks.Where(pair => pair.Block.Run == run).Sum(pair => pair.Block.Commands.Count);
        Assert.InRange(Count(CommandsRun.Always), 100, 1000);
        Assert.InRange(Count(CommandsRun.Nightly) + Count(CommandsRun.Elsewhere), 1, 60);
        Assert.Contains(
            "MTT_DOCS_NIGHTLY",
            File.ReadAllText(Path.Combine(Repository.Root, "scripts/nightly.sh")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Of_EachKindOfBlock_IsRead()
    {
        IReadOnlyList<CommandBlock> blocks = PageCommands.Of(
            """
            <!-- before
            mtt init .
            -->
            ```
            $ mtt validate a
            said
            $ mtt stats a
            ```
            ```yaml
            a: 1
            ```
            <!-- file: a.yaml -->
            ```yaml
            b: 2
            ```
            <!-- nightly: long -->
            <!-- exits: 1 3 -->
            ```bash
            mtt train
            ```
            <!-- elsewhere: LinksTests: because -->
            ```console
            docker run
            ```
            """
        );

        Assert.Equal(
            [
                "1 Always: mtt init .",
                "4 Always: mtt validate a; mtt stats a",
                "13 Always: cat > a.yaml <<'END'\nb: 2\nEND",
                "18 Nightly: mtt train",
                "22 Elsewhere: docker run",
            ],
            blocks.Select(block => $"{block.Line} {block.Run}: {string.Join("; ", block.Commands)}")
        );
        Assert.Equal([1, 3], blocks[3].Exits);
        Assert.Equal("LinksTests: because", blocks[4].Note);
    }

    private static bool Exists(string name) =>
        File.Exists(Path.Combine(Repository.Root, name))
        || Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "tests"), $"{name}.cs", SearchOption.AllDirectories)
            .Any();
}
