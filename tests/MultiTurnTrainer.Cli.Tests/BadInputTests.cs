namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What users get wrong: one error that names the file, one remedy, exit code 2, no output.</summary>
public class BadInputTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    private const string Row =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";

    public static TheoryData<string, string> Commands =>
        new()
        {
            { "mask cut.jsonl --model MODEL --output out/rows.parquet", "cut.jsonl:2: messages[1].role: column 59" },
            { "mask empty.jsonl --model MODEL --output out/rows.parquet", "empty.jsonl: holds no rows" },
            { "mask folder --model MODEL --output out/rows.parquet", "folder: is a folder" },
            { "mask absent.jsonl --model MODEL --output out/rows.parquet", "absent.jsonl: there is no such file" },
            { "mask question.jsonl --model MODEL --output out/rows.parquet", "no row is left" },
            { "mask chat.jsonl --model absent --output out/rows.parquet", "absent" },
            { "mask chat.jsonl --model MODEL --output chat.jsonl --force", "chat.jsonl: is one of the inputs" },
            { "validate chat.jsonl --output chat.jsonl --force", "chat.jsonl: is one of the inputs" },
            { "validate chat.jsonl --output a.jsonl --rejects a.jsonl", "a.jsonl: is named for two outputs" },
            { "validate chat.jsonl --max-row-bytes 0", "--max-row-bytes 0: must lie between 1 and 1,073,741,824" },
            { "validate chat.jsonl --duplicates all --similarity 0", "--similarity 0: must lie between 0.3 and 1" },
            { "prepare chat.jsonl --output out --near-duplicates nan", "--near-duplicates nan: must lie" },
            { "stats chat.jsonl --html chat.jsonl --force", "chat.jsonl: is one of the inputs" },
            { "train --model MODEL --train cut.jsonl --output out", "cut.jsonl:2: messages[1].role: column 59" },
            { "train --model MODEL --train empty.jsonl --output out", "empty.jsonl: holds no row" },
            { "train --model MODEL --train folder --output out", "folder: is a folder" },
            { "train --model MODEL --train masked.jsonl --output out", "none of 1 row has a supervised token" },
            { "train --model MODEL --train vocabulary.jsonl --output out", "has label 70000 at position 2" },
            { "train --model damaged --train chat.jsonl --output out", "model.safetensors: not a valid safetensors" },
            { "score vocabulary.jsonl --model MODEL", "id 70000 lies outside the vocabulary of 1024" },
            { "score masked.jsonl --model damaged", "model.safetensors: not a valid safetensors" },
            { "generate cut.jsonl --model MODEL", "cut.jsonl:2: messages[1].role: column 59" },
            { "generate chat.jsonl --model MODEL --endpoint ftp://host", "the base URL is not an http address" },
            {
                "train --model MODEL --train chat.jsonl --output out --objective maigo",
                "chat.jsonl:1: task_id is missing"
            },
            { "train --model MODEL --train hole.jsonl --output out --objective ccopd", "task a: shards[1] is empty" },
            {
                "train --model MODEL --train chat.jsonl --output out --objective distill-offline",
                "chat.jsonl:1: not a record"
            },
            { "evaluate absent.jsonl --model MODEL", "absent.jsonl: there is no such file" },
            { "evaluate hole.jsonl --model MODEL --runs 0", "--runs 0: must be at least 1" },
            { "evaluate hole.jsonl --model MODEL --max-new-tokens -1", "--max-new-tokens -1: must be at least 1" },
            { "merge --model MODEL --adapter folder --output out", "holds no adapter_config.json" },
        };

    [Theory]
    [MemberData(nameof(Commands))]
    public void Run_BadInput_NamesItAndWritesNothing(string command, string message)
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["folder"]);
        folder.Write("chat.jsonl", Row);
        folder.Write("cut.jsonl", Row + "\n" + """{"messages":[{"role":"user","content":"hi"},{"role":"assis""");
        folder.Write("empty.jsonl", "");
        folder.Write("hole.jsonl", """{"id":"a","shards":["x",""]}""");
        folder.Write("question.jsonl", """{"messages":[{"role":"user","content":"hi"}]}""");
        folder.Write("masked.jsonl", """{"input_ids":[5,6,7],"labels":[-100,-100,-100]}""");
        folder.Write("vocabulary.jsonl", """{"input_ids":[5,6,70000],"labels":[-100,6,70000]}""");
        Damage(folder);

        MttResult result = MttProcess.Run(folder.Path, command.Replace("MODEL", _model).Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error);
        Assert.Contains("  hint: ", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.False(Directory.Exists(folder["out"]) && Directory.EnumerateFiles(folder["out"]).Any(), "an output");
    }

    private static void Damage(TempFolder folder)
    {
        Directory.CreateDirectory(folder["damaged"]);
        foreach (string file in Directory.GetFiles(_model))
        {
            File.Copy(file, Path.Combine(folder["damaged"], Path.GetFileName(file)));
        }

        File.WriteAllBytes(folder["damaged/model.safetensors"], [255, 255, 255, 255, 255, 255, 255, 255, 123, 125]);
    }
}
