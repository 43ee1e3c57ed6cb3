namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Every command that writes, on a disk of 64 KiB: one error with a remedy, and nothing half-written.</summary>
public class FullDiskTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    public static TheoryData<string> Commands =>
        [
            "mask big.jsonl --model MODEL --output disk/rows.parquet",
            "mask big.jsonl --model MODEL --output disk/rows.jsonl",
            "prepare big.jsonl --output disk/data",
            "prepare big.jsonl --output disk/data --format parquet",
            "validate big.jsonl --fix --output disk/good.jsonl",
            "clean big.jsonl --output disk/clean.jsonl",
            "shard big.jsonl --output disk/tasks.jsonl",
            "inspect big.jsonl --model MODEL --rows 200 --html disk/page.html",
            "score big.jsonl --model MODEL --logits disk/logits.safetensors",
            "init disk/project --preset tiny",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Run_OnAFullDisk_SaysSoAndLeavesNothing(string command)
    {
        using TempFolder folder = new();
        WriteConversations(folder);

        MttResult result = SmallDisk.Run(folder, 64, command.Replace("MODEL", _model).Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("the disk is full", result.Error);
        Assert.Contains("  hint: ", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.Empty(SmallDisk.Left(result));
    }

    private static void WriteConversations(TempFolder folder)
    {
        // Six copies that differ, so that none is left out as a duplicate.
        string[] rows = File.ReadAllLines(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"));
        IEnumerable<string> many = "abcdef".SelectMany(copy =>
            rows.Select(row =>
                row.Replace("{\"id\": \"", $"{{\"id\": \"{copy}-").Replace("\"content\": \"", $"\"content\": \"{copy} ")
            )
        );
        folder.Write("big.jsonl", string.Join('\n', many));
    }
}
