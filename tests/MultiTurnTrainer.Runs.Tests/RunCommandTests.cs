using System.Diagnostics;
using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary><c>mtt run</c> as a process, on the tiny preset's model.</summary>
public sealed class RunCommandTests : IDisposable
{
    private static readonly string[] _all = ["prepare", "mask", "train", "evaluate", "report"];
    private readonly RunWorld _world = new();

    private TempFolder Folder => _world.Folder;

    public void Dispose() => _world.Dispose();

    /// <summary>Each change stays for the changes after it, so a step that runs once too often or too seldom shows.</summary>
    [Fact]
    public void Run_OneSettingOfEachSection_RunsExactlyItsDependants()
    {
        Assert.Equal(_all, _world.Ran());
        (string Set, string[] Runs)[] changes =
        [
            ("train.seed=42", []),
            ("sessions.store.ttl=3", []),
            ("evaluate.seed=5", ["evaluate", "report"]),
            ("lora.r=3", ["train", "evaluate", "report"]),
            ("train.learning_rate=2e-3", ["train", "evaluate", "report"]),
            ("mask.format=jsonl", ["mask", "train", "evaluate", "report"]),
            ("rows.last_only=true", ["mask", "train", "evaluate", "report"]),
            ("context.history.turns=8", ["mask", "train", "evaluate", "report"]),
            ("data.eval_share=0.4", _all),
            ("model.name=other", ["mask", "train", "evaluate", "report"]),
            ("output.folder=elsewhere", _all),
        ];
        CopyModel("other");
        List<string> set = [];
        foreach ((string change, string[] runs) in changes)
        {
            set.Add(change);
            Assert.Equal((change, string.Join(' ', runs)), (change, string.Join(' ', _world.Ran([.. set]))));
        }
    }

    [Fact]
    public void Run_FilesTouchedGoneOrChanged_AreJudgedByTheirBytes()
    {
        _world.Ran();
        foreach (string path in Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        }

        Assert.Empty(_world.Ran());
        MttResult dated = _world.Ok("run", "--dry-run", "--set", "rows.now=2025-01-01T00:00:00Z");
        Assert.Contains("rows.now was none", dated.Error, StringComparison.Ordinal);

        // Made again with the same bytes, so nothing follows.
        File.Delete(Folder["run/mask/train.parquet"]);
        Assert.Contains(
            "maybe  if mask leaves other bytes",
            _world.Ok("run", "--dry-run").Error,
            StringComparison.Ordinal
        );
        Assert.Equal(["mask"], _world.Ran());

        byte[] adapter = _world.Bytes("run/train/adapter_model.safetensors");
        File.WriteAllBytes(Folder["run/train/adapter_model.safetensors"], [1, 2, 3]);
        // The new training's metrics have times of their own; the adapter has not.
        Assert.Equal(["train", "report"], _world.Ran());
        Assert.Equal(adapter, _world.Bytes("run/train/adapter_model.safetensors"));

        File.AppendAllText(Folder["tasks.jsonl"], "\n");
        Assert.Equal(["evaluate", "report"], _world.Ran());
    }

    [Fact]
    public void Run_CommandsOfThePlanByHand_GiveTheSameBytes()
    {
        MttResult plan = _world.Ok("run", "--dry-run");
        Assert.False(Directory.Exists(Folder["run"]));
        string[] lines =
        [
            .. Regex
                .Matches(plan.Error, @"^ {6,}mtt (.+)$", RegexOptions.Multiline)
                .Select(match => match.Groups[1].Value),
        ];
        Assert.Equal(6, lines.Length);
        _world.Ran();

        using RunWorld hand = new();
        foreach (string line in lines)
        {
            hand.Ok(line.Split(' '));
        }

        foreach (
            string path in (string[])
                [
                    "run/prepare/train/train.jsonl",
                    "run/prepare/train/prepare.manifest.json",
                    "run/mask/train.parquet",
                    "run/mask/eval.parquet",
                    "run/mask/train.parquet.manifest.json",
                    "run/train/adapter_model.safetensors",
                    "run/train/adapter_config.json",
                    "run/evaluate/evaluation.json",
                ]
        )
        {
            Assert.True(_world.Bytes(path).SequenceEqual(hand.Bytes(path)), path);
        }
    }

    [Fact]
    public async Task Run_KilledWhileItTrains_GoesOnWithTheSameBytes()
    {
        const string steps = "train.max_steps=40";
        using RunWorld whole = new();
        whole.Ran(steps);
        using (Process process = MttProcess.Start(Folder.Path, "run", "--set", steps))
        {
            _ = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            while (!Checkpoints().Any() && !process.HasExited)
            {
                await Task.Delay(20);
            }

            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        Assert.False(File.Exists(Folder["run/train/adapter_model.safetensors"]));
        MttResult again = _world.Ok("run", "--set", steps);
        Assert.Contains("begun and not finished", again.Error, StringComparison.Ordinal);
        Assert.Contains("--resume", again.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\nmask: mtt", again.Error, StringComparison.Ordinal);
        const string adapter = "run/train/adapter_model.safetensors";
        Assert.Equal(whole.Bytes(adapter), _world.Bytes(adapter));
    }

    [Fact]
    public void Run_FilesOfOthersInItsFolder_AreNotReplacedWithoutForce()
    {
        Folder.Write("run/prepare/train/train.jsonl", "mine\n");
        MttResult refused = MttProcess.Run(Folder.Path, ["run"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, MttProcess.Run(Folder.Path, ["run"]).ExitCode);
        Assert.Equal("mine\n", File.ReadAllText(Folder["run/prepare/train/train.jsonl"]));
    }

    [Theory]
    [InlineData("data: {train: [chat.jsonl]}", "model.name names no model")]
    [InlineData("model: {name: model}", "data.train names no file")]
    [InlineData("model: {name: model}\ndata: {train: [none.jsonl]}", "none.jsonl: there is no such file")]
    [InlineData("model: {name: model}\ndata: {train: [chat.jsonl], weights: [1, 2]}", "data.weights has 2 numbers")]
    [InlineData(
        "model: {name: model}\ndata: {train: [chat.jsonl], eval: [chat.jsonl], eval_share: 0.1}",
        "data.eval names files, and data.eval_share"
    )]
    [InlineData(
        "model: {name: model}\ndata: {train: [tasks.jsonl], filter: turns > 1}\ntrain: {objective: maigo}",
        "maigo reads data.train as it is"
    )]
    public void Run_WhatCannotBeMeant_IsRefusedBeforeAnythingIsDone(string settings, string expected)
    {
        Folder.Write("mtt.yaml", settings);
        MttResult refused = MttProcess.Run(Folder.Path, ["run"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(expected, refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Folder["run/prepare"]));
    }

    [Fact]
    public void Run_Weights_MixTheRowsToTrainOn()
    {
        File.Copy(Path.Combine(Repository.Root, "datasets/tools/tools.jsonl"), Folder["tools.jsonl"]);
        string[] mixed = ["--set", "data.train=[chat.jsonl, tools.jsonl]", "--set", "data.weights=[2, 0.5]"];
        Assert.Contains("--weights 2,0.5", _world.Ok(["run", "--dry-run", .. mixed]).Error, StringComparison.Ordinal);
        _world.Ok("prepare", "chat.jsonl", "tools.jsonl", "--weights", "2,0.5", "--output", "mixed");
        string[] rows = File.ReadAllLines(Folder["mixed/data.jsonl"]);
        int chats = File.ReadAllLines(Folder["chat.jsonl"]).Length;
        int tools = rows.Length - rows.GroupBy(row => row).Where(same => same.Count() == 2).Sum(same => 2);
        Assert.Equal(chats, rows.GroupBy(row => row).Count(same => same.Count() == 2));
        Assert.InRange(tools, 1, 11);
        Assert.Equal(
            12 - tools,
            File.ReadLines(Folder["mixed/left-out.jsonl"])
                .Count(line => line.Contains("\"weight\"", StringComparison.Ordinal))
        );
    }

    private string[] Checkpoints() =>
        Directory.Exists(Folder["run/train/checkpoints"])
            ? Directory.GetDirectories(Folder["run/train/checkpoints"], "step-????????")
            : [];

    // Another model by one byte of its configuration.
    private void CopyModel(string name)
    {
        Directory.CreateDirectory(Folder[name]);
        foreach (string path in Directory.EnumerateFiles(Folder["model"]))
        {
            File.Copy(path, Path.Combine(Folder[name], Path.GetFileName(path)));
        }

        File.AppendAllText(Path.Combine(Folder[name], "config.json"), "\n");
    }
}
