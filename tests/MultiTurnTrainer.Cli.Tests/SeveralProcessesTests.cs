using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// Training in several real processes over TCPStore and Gloo: the same adapter for any number of them, and what faults lead to. More runs and faults of
/// the same kinds where MTT_PROCESSES is set (scripts/nightly.sh).
/// </summary>
public sealed class SeveralProcessesTests : IDisposable
{
    private const string Model = "tests/MultiTurnTrainer.Models.Tests/Goldens/llama";

    private static readonly bool _isLong = Environment.GetEnvironmentVariable("MTT_PROCESSES") is not null;

    private static readonly string[] _runs =
    [
        $"--model {Model} --train rows.jsonl --eval rows.jsonl --batch-size 4 --max-steps 7 --set train.eval_steps=3",
        $"--model {Model} --train rows.jsonl --batch-size 1 --max-steps 5 --set train.gradient_accumulation_steps=3 --set train.packing=true --set train.max_length=48",
        "--model src/MultiTurnTrainer.Cli/Presets/tiny/model --train tasks.jsonl --objective maigo --batch-size 1 --max-steps 3 --set train.gradient_accumulation_steps=3 --set distill.max_new_tokens_middle=6 --set distill.max_new_tokens_answer=6 --eval-tasks tasks.jsonl --set eval_tasks.max_new_tokens=4",
        $"--model {Model} --train rows.jsonl --batch-size 1 --max-steps 3 --set train.gradient_accumulation_steps=4 --set lora.lora_dropout=0.2",
    ];

    private readonly TempFolder _folder = new();

    public SeveralProcessesTests()
    {
        Random random = new(1);
        StringBuilder rows = new();
        for (int row = 0; row < 22; row++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(5, 30)).Select(_ => random.Next(1, 60))];
            int[] labels = [.. ids.Select((id, place) => place < ids.Length / 2 ? -100 : id)];
            rows.Append(
                CultureInfo.InvariantCulture,
                $$"""{"id": "r{{row}}", "input_ids": [{{string.Join(", ", ids)}}], "labels": [{{string.Join(", ", labels)}}]}"""
            );
            rows.Append('\n');
        }

        _folder.Write("rows.jsonl", rows.ToString());
        _folder.Write(
            "tasks.jsonl",
            string.Concat(
                "abcde".Select(id =>
                    $$"""{"id": "{{id}}", "family": "math", "question": "2 + 2?", "shards": ["{{id}}: two.", "And two?"], "answer": "4"}"""
                    + "\n"
                )
            )
        );
    }

    public static TheoryData<string> Runs => [.. _runs.Take(_isLong ? _runs.Length : 3)];

    public static TheoryData<string, int> Losses =>
        _isLong
            ? new()
            {
                { "KILL", 1 },
                { "STOP", 1 },
                { "KILL", 0 },
            }
            : new() { { "KILL", 1 } };

    public static TheoryData<string, int> Stops =>
        _isLong ? new() { { "TERM", 1 }, { "USR1", 0 } } : new() { { "TERM", 1 } };

    /// <summary>Rows, packs, dropout and MAIGO's rollouts: 1, 2 and 4 processes see the same steps and end with the same adapter to rounding.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void Train_InMoreProcesses_EndsWithTheSameAdapter(string options)
    {
        foreach (int world in new[] { 1, 2, 4 })
        {
            MttResult[] ended = Finish(Launch(world, $"{options} --output out{world}"));
            Assert.All(ended, one => Assert.True(one.ExitCode == 0, one.Error));
            // The first says everything, under its rank where there are others.
            Assert.Contains(world == 1 ? "\ndone: " : "\n[rank 0] done: ", ended[0].Error, StringComparison.Ordinal);
            Assert.All(ended.Skip(1), one => Assert.Equal("", one.Error));
        }

        foreach (string other in new[] { "out2", "out4" })
        {
            Assert.InRange(LargestDifference("out1", other), 0, 2e-5);
            string[] files = ["metrics.jsonl", "evaluations.jsonl", "distillation.jsonl"];
            foreach (string file in files.Where(file => File.Exists(_folder[$"out1/{file}"])))
            {
                double[][] one = Figures($"out1/{file}");
                double[][] more = Figures($"{other}/{file}");
                Assert.Equal(one.Length, more.Length);
                Assert.All(
                    one.Zip(more),
                    pair => Assert.All(pair.First.Zip(pair.Second), both => Assert.Equal(both.First, both.Second, 1e-4))
                );
            }

            if (File.Exists(_folder["out1/rollouts.jsonl"]))
            {
                Assert.Equal(
                    File.ReadAllText(_folder["out1/rollouts.jsonl"]),
                    File.ReadAllText(_folder[$"{other}/rollouts.jsonl"])
                );
                Assert.Equal(Counts("out1"), Counts(other));
            }
        }
    }

    [Theory]
    [InlineData("--learning-rate 1e-3", "train.learning_rate (0.0002 at rank 0, 0.001 here)")]
    [InlineData("--train tasks.jsonl", "data (")]
    [InlineData("--model tests/MultiTurnTrainer.Models.Tests/Goldens/qwen2", "model (")]
    [InlineData("WORLD_SIZE=3", "world size (2 at rank 0, 3 here)")]
    public void Train_ProcessesThatDiffer_EndAndNameWhatDiffers(string other, string named)
    {
        string options = $"--model {Model} --train rows.jsonl --output out --max-steps 2";
        string second = other.Split(' ') switch
        {
            ["--train", var file] => options.Replace("rows.jsonl", file),
            ["--model", var model] => options.Replace(Model, model),
            ["WORLD_SIZE=3"] => options,
            _ => $"{options} {other}",
        };
        int port = PostgresServer.FreePort();
        MttResult[] ended = Finish([Start(0, 2, port, options), Start(1, second == options ? 3 : 2, port, second)]);

        Assert.All(ended, one => Assert.Equal(2, one.ExitCode));
        Assert.All(ended, one => Assert.Contains("is about to do something else than rank 0: ", one.Error));
        Assert.All(ended, one => Assert.Contains(named, one.Error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["out/checkpoints"]));
    }

    /// <summary>A process that is killed or stopped ends the others, by its name; fewer processes go on from the last checkpoint.</summary>
    [Theory]
    [MemberData(nameof(Losses))]
    public async Task Train_WithAProcessThatIsLost_EndsAndGoesOnWithFewer(string signal, int lost)
    {
        const string options = $"--model {Model} --train rows.jsonl --output out --set train.ddp_timeout=4";
        Process[] started = Launch(3, $"{options} --max-steps 100000 --set train.save_steps=2");
        await AwaitAsync(started, () => Checkpoints().Length > 0);
        await MttProcess.SignalAsync(started[lost], signal);
        MttResult[] ended = Finish([.. started.Where((_, rank) => rank != lost)]);
        started[lost].Kill();
        started[lost].Dispose();

        Assert.All(ended, one => Assert.Equal(2, one.ExitCode));
        Assert.All(ended, one => Assert.Contains($"error: rank {lost} of 3 on ", one.Error, StringComparison.Ordinal));
        Assert.All(ended, one => Assert.Single(one.Error.Split('\n'), line => line.Contains("error: ")));
        int step = int.Parse(Checkpoints()[^1]["step-".Length..], CultureInfo.InvariantCulture);
        MttResult[] again = Finish(Launch(2, $"{options} --max-steps {step + 2} --resume"));
        Assert.All(again, one => Assert.True(one.ExitCode == 0, one.Error));
        Assert.Contains($"steps      {step + 1} to {step + 2};", again[0].Error, StringComparison.Ordinal);
    }

    /// <summary>A machine without its network.</summary>
    [Fact]
    public void Train_WithAProcessThatIsCutOff_EndsAndNamesIt()
    {
        using (Process probe = Process.Start("unshare", ["-rn", "true"]))
        {
            probe.WaitForExit();
            Assert.SkipUnless(probe.ExitCode == 0, "needs user namespaces (unshare -rn)");
        }

        string options = $"--model {Model} --train rows.jsonl --output out --max-steps 2 --set train.ddp_timeout=3";
        int port = PostgresServer.FreePort();
        MttResult[] ended = Finish([Start(0, 2, port, options), Start(1, 2, port, options, "unshare", "-rn")]);

        Assert.All(ended, one => Assert.Equal(2, one.ExitCode));
        Assert.Contains("[rank 0] error: rank 1 of 2 has not come within 6 s", ended[0].Error);
        Assert.Contains("[rank 1] error: rank 1 of 2 on ", ended[1].Error, StringComparison.Ordinal);
    }

    /// <summary>What ends one ends all, by its name: here an output that is taken, which only the first looks at.</summary>
    [Fact]
    public void Train_ProcessThatFails_EndsTheOthersWithItsReason()
    {
        _folder.Write("out/other.txt", "");
        MttResult[] ended = Finish(Launch(2, $"--model {Model} --train rows.jsonl --output out"));

        Assert.All(ended, one => Assert.Equal(2, one.ExitCode));
        Assert.Contains("error: out: is not empty", ended[0].Error, StringComparison.Ordinal);
        Assert.Contains("rank 0 of 2 on ", ended[1].Error, StringComparison.Ordinal);
        Assert.Contains("ended: out: is not empty", ended[1].Error, StringComparison.Ordinal);
    }

    /// <summary>A request to stop that reaches one stops all at the same step, saved; more processes go on to the same adapter.</summary>
    [Theory]
    [MemberData(nameof(Stops))]
    public async Task Train_OneAskedToStop_AllSaveAndGoOnWithMore(string signal, int asked)
    {
        const string options = $"--model {Model} --train rows.jsonl --set train.lr_scheduler_type=constant";
        Process[] started = Launch(2, $"{options} --output out --max-steps 100000 --set train.save_steps=2");
        await AwaitAsync(started, () => Checkpoints().Length > 0);
        await MttProcess.SignalAsync(started[asked], signal);
        MttResult[] ended = Finish(started);
        Assert.All(ended, one => Assert.True(one.ExitCode == 3, one.Error));
        int step = int.Parse(Checkpoints()[^1]["step-".Length..], CultureInfo.InvariantCulture);
        Assert.Contains($"stopped at step {step}, the state is saved", ended[0].Error, StringComparison.Ordinal);

        MttResult[] again = Finish(Launch(3, $"{options} --output out --max-steps {step + 2} --resume"));
        MttResult[] whole = Finish(Launch(1, $"{options} --output whole --max-steps {step + 2}"));
        Assert.All([.. again, .. whole], one => Assert.True(one.ExitCode == 0, one.Error));
        Assert.InRange(LargestDifference("whole", "out"), 0, 2e-5);
    }

    /// <summary>torchrun itself, whose agent serves the store.</summary>
    [Fact]
    public void Train_UnderTorchrun_JoinsItsAgent()
    {
        const string torchrun = "/usr/bin/torchrun";
        Assert.SkipUnless(File.Exists(torchrun), "needs torchrun, of the package python3-torch");
        string[] agent = ["--no_python", "--nproc_per_node", "2", "-r", "1", "-t", "1", "--master_port"];
        string options = $"--model {Model} --train rows.jsonl --output out --max-steps 2";
        using Process process = MttProcess.StartUnder(
            [torchrun, .. agent, $"{PostgresServer.FreePort()}"],
            _folder.Path,
            new Dictionary<string, string>(),
            Arguments(options)
        );
        MttResult ended = Finish([process])[0];

        Assert.True(ended.ExitCode == 0, ended.Error);
        Assert.True(File.Exists(_folder["out/adapter_model.safetensors"]));
        Assert.Contains("2 processes, each on cpu", File.ReadAllText(_folder["out/report.html"]));
    }

    [Fact]
    public void Train_SweepInSeveralProcesses_IsRefused()
    {
        _folder.Write("grid.yaml", "method: grid\nparameters: {lora.r: [2]}\n");
        string options = $"--model {Model} --train rows.jsonl --output out --sweep grid.yaml";
        MttResult ended = Finish([Start(0, 2, 1, options)])[0];
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("[rank 0] error: --sweep", ended.Error, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private Process[] Launch(int world, string options)
    {
        int port = PostgresServer.FreePort();
        return [.. Enumerable.Range(0, world).Select(rank => Start(rank, world, port, options))];
    }

    private Process Start(int rank, int world, int port, string options, params string[] under) =>
        MttProcess.StartUnder(
            under,
            _folder.Path,
            new Dictionary<string, string>
            {
                ["RANK"] = $"{rank}",
                ["WORLD_SIZE"] = $"{world}",
                ["LOCAL_RANK"] = $"{rank}",
                ["MASTER_ADDR"] = "127.0.0.1",
                ["MASTER_PORT"] = $"{port}",
            },
            Arguments(options)
        );

    private static string[] Arguments(string options) =>
        [
            "train",
            .. options
                .Split(' ')
                .Select(word =>
                    word.StartsWith("tests/", StringComparison.Ordinal)
                    || word.StartsWith("src/", StringComparison.Ordinal)
                        ? Path.Combine(Repository.Root, word)
                        : word
                ),
            "--set",
            "train.threads=1",
            "--set",
            "train.report_samples=0",
        ];

    private static MttResult[] Finish(Process[] processes)
    {
        Task<string>[] errors = [.. processes.Select(process => process.StandardError.ReadToEndAsync())];
        Task<string>[] outputs = [.. processes.Select(process => process.StandardOutput.ReadToEndAsync())];
        try
        {
            Assert.True(
                Task.WaitAll([.. processes.Select(process => process.WaitForExitAsync())], TimeSpan.FromMinutes(2)),
                "a process does not end"
            );
            return
            [
                .. processes.Select(
                    (process, i) => new MttResult(process.ExitCode, outputs[i].Result, errors[i].Result)
                ),
            ];
        }
        finally
        {
            foreach (Process process in processes)
            {
                process.Kill(entireProcessTree: true);
                process.Dispose();
            }
        }
    }

    private static async Task AwaitAsync(Process[] processes, Func<bool> isThere)
    {
        while (!isThere())
        {
            Assert.All(processes, process => Assert.False(process.HasExited));
            await Task.Delay(20);
        }
    }

    private string[] Checkpoints() =>
        Directory.Exists(_folder["out/checkpoints"])
            ?
            [
                .. Directory
                    .GetDirectories(_folder["out/checkpoints"])
                    .Select(path => Path.GetFileName(path))
                    .Where(name => !name.Contains(".tmp-", StringComparison.Ordinal))
                    .Order(StringComparer.Ordinal),
            ]
            : [];

    private double[][] Figures(string file) =>
        [
            .. File.ReadLines(_folder[file])
                .Select(line =>
                    JsonDocument
                        .Parse(line)
                        .RootElement.EnumerateObject()
                        .Where(one => one.Name is "loss" or "grad_norm" or "tokens" or "supervised_tokens" or "step")
                        .Where(one => one.Value.ValueKind == JsonValueKind.Number)
                        .Select(one => one.Value.GetDouble())
                        .ToArray()
                ),
        ];

    private string Counts(string output)
    {
        JsonElement counts = JsonDocument.Parse(File.ReadAllBytes(_folder[$"{output}.manifest.json"])).RootElement;
        return string.Join(
            ' ',
            counts
                .GetProperty("counts")
                .EnumerateObject()
                .Where(count => !count.Name.StartsWith("mean_", StringComparison.Ordinal))
        );
    }

    private double LargestDifference(string one, string other)
    {
        using SafetensorsFile a = SafetensorsFile.Open(_folder[$"{one}/adapter_model.safetensors"]);
        using SafetensorsFile b = SafetensorsFile.Open(_folder[$"{other}/adapter_model.safetensors"]);
        Assert.Equal(a.Entries.Keys, b.Entries.Keys);
        return a.Entries.Keys.Max(name =>
            a.Values<float>(name)
                .ToArray()
                .Zip(b.Values<float>(name).ToArray(), (x, y) => Math.Abs((double)x - y))
                .Max()
        );
    }
}
