using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt score</c>, <c>mtt generate</c> and <c>mtt merge</c> as processes, on the reference models.</summary>
public class ModelCommandTests
{
    private static readonly string _goldens = Path.Combine(
        Repository.Root,
        "tests",
        "MultiTurnTrainer.Models.Tests",
        "Goldens"
    );

    private static readonly string _tiny = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");

    /// <summary>Templates with a clock see today where no date is given, in every command.</summary>
    [Theory]
    [InlineData("generate chat.jsonl --model model --max-new-tokens 1")]
    [InlineData("score chat.jsonl --model model")]
    [InlineData("evaluate tasks.jsonl --model model --runs 1 --max-new-tokens 1")]
    [InlineData("clean chat.jsonl --model model --output cleaned.jsonl")]
    [InlineData("stats chat.jsonl --model model")]
    public void Run_TemplateWithAClock_NeedsNoDate(string command)
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["model"]);
        foreach (string file in Directory.GetFiles(_tiny))
        {
            File.Copy(file, folder[$"model/{Path.GetFileName(file)}"]);
        }

        File.WriteAllText(
            folder["model/chat_template.jinja"],
            "{{ strftime_now('%Y') }}\n" + File.ReadAllText(Path.Combine(_tiny, "chat_template.jinja"))
        );
        folder.Write(
            "chat.jsonl",
            """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}"""
        );
        folder.Write("tasks.jsonl", """{"id":"a","question":"Say 7.","shards":["Say a number.","7."],"answer":"7"}""");

        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));

        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Fact]
    public void Evaluate_Output_IsTakenFirstAndHasAManifest()
    {
        using TempFolder folder = new();
        folder.Write("tasks.jsonl", """{"id":"a","question":"Say 7.","shards":["Say a number.","7."],"answer":"7"}""");
        string[] command =
        [
            .. "evaluate tasks.jsonl --runs 1 --max-new-tokens 1 --output scores.json --model".Split(' '),
            _tiny,
        ];

        MttResult done = MttProcess.Run(folder.Path, command);
        MttResult again = MttProcess.Run(folder.Path, command);

        Assert.True(done.ExitCode == 0, done.Error);
        JsonElement manifest = Json(File.ReadAllText(folder["scores.json.manifest.json"]));
        Assert.Equal(1, manifest.GetProperty("options").GetProperty("runs").GetInt32());
        Assert.True(manifest.GetProperty("inputs").TryGetProperty("tasks:tasks.jsonl", out _));
        Assert.Equal((2, ""), (again.ExitCode, again.Out));
        Assert.Contains("scores.json: already exists", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_GoldenRows_GivesTheirLossAndLogits()
    {
        using TempFolder folder = new();
        string model = Path.Combine(_goldens, "qwen3");
        JsonElement batch = Json(File.ReadAllText(Path.Combine(model, "batch.json")));
        JsonElement wanted = Json(File.ReadAllText(Path.Combine(model, "expected", "expected.json")));
        string rows = string.Concat(
            batch
                .GetProperty("sequences")
                .EnumerateArray()
                .Select(row =>
                    $$"""{"input_ids":{{Compact(row.GetProperty("input_ids"))}},"labels":{{Compact(row.GetProperty("labels"))}}}"""
                    + "\n"
                )
        );
        folder.Write("rows.jsonl", rows);

        MttResult result = MttProcess.Run(
            folder.Path,
            [
                "score",
                "rows.jsonl",
                "--model",
                model,
                "--adapter",
                Path.Combine(model, "adapter"),
                "--logits",
                "l.safetensors",
            ]
        );

        Assert.Equal((0, 8), (result.ExitCode, Lines(result).Length));
        JsonElement[] lines = [.. Lines(result).Select(Json)];
        int count = lines.Sum(line => line.GetProperty("supervised_tokens").GetInt32());
        double loss = lines.Sum(line =>
            line.GetProperty("loss").GetDouble() * line.GetProperty("supervised_tokens").GetInt32()
        );
        Assert.Equal(wanted.GetProperty("adapter").GetProperty("supervised_tokens").GetInt32(), count);
        Assert.Equal(wanted.GetProperty("adapter").GetProperty("loss").GetDouble(), loss / count, 1e-5);
        Assert.Equal(21, lines[0].GetProperty("logprobs").GetArrayLength());
        Assert.Equal("7", lines[7].GetProperty("id").GetString());
        Assert.InRange(new FileInfo(folder["l.safetensors"]).Length, 4 * 200 * 128, 4 * 200 * 128 + 2000);
        Assert.Contains($"8 rows, 128 tokens, {count} supervised", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{"input_ids":[1,2,999],"labels":[1,2,-100]}""",
        "row '0': id 999 lies outside the vocabulary of 200"
    )]
    [InlineData("""{"input_ids":[],"labels":[]}""", "a row has no tokens")]
    [InlineData("""{"input_ids":[1,2],"labels":[1]}""", "rows.jsonl:1: labels has 1 entry")]
    [InlineData("""{"id":"a","input_ids":[1]}|{"id":"a","input_ids":[1]}""", "two rows have the id 'a'")]
    public void Score_RowsThatCannotBeScored_SayWhy(string rows, string reason)
    {
        using TempFolder folder = new();
        folder.Write("rows.jsonl", rows.Replace('|', '\n'));

        MttResult result = MttProcess.Run(
            folder.Path,
            ["score", "rows.jsonl", "--model", Path.Combine(_goldens, "llama"), "--logits", "l.safetensors"]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Generate_TokenIds_GivesTheReferenceTokens()
    {
        using TempFolder folder = new();
        string model = Path.Combine(_goldens, "mistral");
        JsonElement[] runs =
        [
            .. Json(File.ReadAllText(Path.Combine(model, "expected", "generation.json")))
                .GetProperty("runs")
                .EnumerateArray(),
        ];
        folder.Write(
            "prompts.jsonl",
            string.Concat(runs.Select(run => $$"""{"input_ids":{{Compact(run.GetProperty("prompt"))}}}""" + "\n"))
        );
        string[] arguments = ["generate", "prompts.jsonl", "--model", model, "--max-new-tokens", "20"];

        MttResult free = MttProcess.Run(folder.Path, [.. arguments, "--ignore-eos"]);
        MttResult stopped = MttProcess.Run(folder.Path, [.. arguments, "--adapter", Path.Combine(model, "adapter")]);

        Assert.Equal(runs.Select(run => Compact(run.GetProperty("base"))), Ids(free));
        Assert.Equal(runs.Select(run => Compact(run.GetProperty("adapter_until_eos"))), Ids(stopped));
        Assert.Equal("length", Json(Lines(free)[0]).GetProperty("finish_reason").GetString());
        Assert.Equal([0, 1], Lines(free).Select(line => Json(line).GetProperty("index").GetInt32()));
    }

    [Fact]
    public void Generate_Conversations_AnswersInText()
    {
        using TempFolder folder = new();
        Assert.Equal(0, MttProcess.Run(folder.Path, ["init", "p"]).ExitCode);
        string[] arguments =
        [
            "generate",
            "p/data/eval.jsonl",
            "--model",
            "p/model",
            "--max-new-tokens",
            "8",
            "--temperature",
            "1.5",
            "--seed",
            "3",
        ];

        MttResult eight = MttProcess.Run(folder.Path, arguments);
        MttResult one = MttProcess.Run(folder.Path, [.. arguments, "--batch-size", "1"]);

        Assert.Equal(8, Lines(eight).Length);
        Assert.Equal(eight.Out, one.Out);
        Assert.All(Lines(eight), line => Assert.NotEmpty(Json(line).GetProperty("text").GetString()!));
    }

    [Theory]
    [InlineData("--top-p", "1.5", "--top-p 1.5: must be above 0")]
    [InlineData("--temperature", "-1", "--temperature -1: must be at least 0")]
    [InlineData("--dtype", "int8", "--dtype int8: is not known")]
    [InlineData("--device", "tpu", "the device tpu is not known")]
    [InlineData("--adapter", "nowhere", "nowhere: holds no adapter_config.json")]
    public void Generate_WrongOption_SaysSo(string option, string value, string reason)
    {
        using TempFolder folder = new();
        folder.Write("prompts.jsonl", """{"input_ids":[1]}""");

        MttResult result = MttProcess.Run(
            folder.Path,
            ["generate", "prompts.jsonl", "--model", Path.Combine(_goldens, "llama"), option, value]
        );

        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_ThenScore_EqualsTheAdapter()
    {
        using TempFolder folder = new();
        string model = Path.Combine(_goldens, "qwen2");
        string adapter = Path.Combine(model, "adapter");
        folder.Write("rows.jsonl", """{"input_ids":[5,6,7,8,9,10]}""");

        MttResult merged = MttProcess.Run(folder.Path, ["merge", "-m", model, "-a", adapter, "-o", "merged"]);
        MttResult again = MttProcess.Run(folder.Path, ["merge", "-m", model, "-a", adapter, "-o", "merged"]);
        MttResult with = MttProcess.Run(folder.Path, ["score", "rows.jsonl", "--model", model, "--adapter", adapter]);
        MttResult into = MttProcess.Run(folder.Path, ["score", "rows.jsonl", "--model", "merged"]);

        Assert.Equal((0, 2), (merged.ExitCode, again.ExitCode));
        Assert.Contains("21 weights changed, rounded once to F32", merged.Error, StringComparison.Ordinal);
        Assert.Contains("already exists", again.Error, StringComparison.Ordinal);
        Assert.Equal(Loss(with), Loss(into), 1e-5);
        JsonElement manifest = Json(File.ReadAllText(folder["merged.manifest.json"]));
        Assert.Equal(21, manifest.GetProperty("counts").GetProperty("changed_tensors").GetInt32());
    }

    [Fact]
    public void Merge_OfSeveralAdapters_WorksTheirSumIntoTheBase()
    {
        using TempFolder folder = new();
        string model = Path.Combine(_goldens, "llama");
        string adapter = Path.Combine(model, "adapter");
        folder.Write("rows.jsonl", """{"input_ids":[5,6,7,8,9,10]}""");

        MttResult merged = MttProcess.Run(
            folder.Path,
            ["merge", "-m", model, "-a", adapter, "-a", adapter, "--weights", "0.25,0.75", "-o", "merged"]
        );
        MttResult with = MttProcess.Run(folder.Path, ["score", "rows.jsonl", "--model", model, "--adapter", adapter]);
        MttResult into = MttProcess.Run(folder.Path, ["score", "rows.jsonl", "--model", "merged"]);

        Assert.Equal("", merged.ExitCode == 0 ? "" : merged.Error);
        Assert.Equal(Loss(with), Loss(into), 1e-5);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "*.adapter*"));
    }

    private static string[] Lines(MttResult result) => result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Ids(MttResult result) =>
        Lines(result).Select(line => Compact(Json(line).GetProperty("ids")));

    private static double Loss(MttResult result) => Json(Lines(result)[0]).GetProperty("loss").GetDouble();

    private static string Compact(JsonElement array) => JsonSerializer.Serialize(array);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
