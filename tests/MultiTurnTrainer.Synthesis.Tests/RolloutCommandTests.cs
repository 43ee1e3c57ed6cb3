using System.Text.Json;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Synthesis.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary>The built <c>mtt train</c> and <c>mtt generate</c> with a server that samples.</summary>
public class RolloutCommandTests
{
    [Fact]
    public async Task TrainMaigo_ServerSamples_EveryStepHasItsOwnAdapter()
    {
        using TempFolder folder = new();
        Vllm vllm = new("model");
        await using ScriptedServer server = await ScriptedServer.StartAsync(vllm.Play);
        MttResult result = Train(folder, server, "maigo", 3);
        Assert.True(result.ExitCode == 0, result.Error);
        string[] loads =
        [
            .. server
                .Requests.Where(sent => sent.Path == "load_lora_adapter")
                .Select(sent => sent.Body.GetProperty("lora_name").GetString()!),
        ];
        Assert.Equal(3, loads.Distinct().Count());
        Assert.Single(vllm.Loaded);
        Assert.All(
            server.Requests.Where(sent => sent.Path == "completions"),
            sent => Assert.StartsWith("mtt-", sent.Body.GetProperty("model").GetString(), StringComparison.Ordinal)
        );
        Assert.Equal(3, File.ReadLines(folder["out/metrics.jsonl"]).Count());
    }

    [Fact]
    public async Task TrainCcopd_ServerFailsMidRun_ResumesWithoutRepeatingHistories()
    {
        using TempFolder folder = new();
        bool failing = true;
        Vllm vllm = new("model")
        {
            Fault = request =>
                failing && request.Body.GetProperty("model").GetString() != "model"
                    ? Answers.Status(400, "gone")
                    : null,
        };
        await using ScriptedServer server = await ScriptedServer.StartAsync(vllm.Play);
        MttResult broken = Train(folder, server, "ccopd", 2);
        Assert.Equal(2, broken.ExitCode);
        Assert.Contains("status 400: gone", broken.Error, StringComparison.Ordinal);
        Assert.Contains("--resume", broken.Error, StringComparison.Ordinal);
        int histories = server.Requests.Count(IsBase);
        Assert.Equal(8, histories);
        failing = false;
        MttResult resumed = Train(folder, server, "ccopd", 2, "--resume");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Equal(histories, server.Requests.Count(IsBase));
    }

    [Fact]
    public async Task TrainMaigo_ServerFailsMidRun_KeepsTheFinishedSteps()
    {
        using TempFolder folder = new();
        int loads = 0;
        bool failing = true;
        Vllm vllm = new("model") { Fault = _ => failing && loads == 3 ? Answers.Status(400, "gone") : null };
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
        {
            loads += request.Path == "load_lora_adapter" ? 1 : 0;
            return vllm.Play(request);
        });
        MttResult broken = Train(folder, server, "maigo", 4);
        Assert.Equal(2, broken.ExitCode);
        Assert.Contains("saved step 2", broken.Error, StringComparison.Ordinal);
        failing = false;
        MttResult resumed = Train(folder, server, "maigo", 4, "--resume");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains("steps      3 to 4", resumed.Error, StringComparison.Ordinal);
        JsonElement[] steps = [.. File.ReadLines(folder["out/metrics.jsonl"]).Select(line => JsonElement.Parse(line))];
        Assert.Equal(4, steps.Length);
        Assert.All(steps, step => Assert.True(step.GetProperty("rollout_tokens").GetInt64() > 0));
        Assert.All(
            steps,
            step =>
                Assert.InRange(
                    step.GetProperty("rollout_seconds").GetDouble(),
                    double.Epsilon,
                    step.GetProperty("seconds").GetDouble()
                )
        );

        // As a run that nothing disturbed.
        string adapter = Convert.ToHexString(File.ReadAllBytes(folder["out/adapter_model.safetensors"]));
        MttResult whole = Train(folder, server, "maigo", 4, "--force");
        Assert.True(whole.ExitCode == 0, whole.Error);
        Assert.Equal(adapter, Convert.ToHexString(File.ReadAllBytes(folder["out/adapter_model.safetensors"])));
    }

    [Fact]
    public async Task Generate_Endpoint_WritesIdsAndText()
    {
        using TempFolder folder = new();
        TinyModel.Write(folder);
        await using ScriptedServer server = await ScriptedServer.StartAsync(new Vllm("served").Play);
        MttResult result = MttProcess.Run(
            folder.Path,
            ["generate", "-", "-m", "model", "--endpoint", server.BaseUrl, "--served-model", "served"],
            """{"input_ids":[7,8]}""" + "\n"
        );
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement line = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal([20, 20, Vllm.Stop], line.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal("stop", line.GetProperty("finish_reason").GetString());
        Assert.Contains("3 new tokens", result.Error, StringComparison.Ordinal);
    }

    private static bool IsBase(Received sent) =>
        sent.Path == "completions" && sent.Body.GetProperty("model").GetString() == "model";

    private static MttResult Train(
        TempFolder folder,
        ScriptedServer server,
        string objective,
        int steps,
        params string[] more
    )
    {
        if (!Directory.Exists(folder["model"]))
        {
            TinyModel.Write(folder);
            folder.Write(
                "tasks.jsonl",
                string.Concat(
                    Enumerable
                        .Range(0, 4)
                        .Select(i =>
                            $$"""{"id":"t{{i}}","family":"exact","question":"a {{i}} b c","shards":["a {{i}}","b","c"],"answer":"x"}"""
                            + "\n"
                        )
                )
            );
        }

        return MttProcess.Run(
            folder.Path,
            [
                "train",
                "--model",
                "model",
                "--train",
                "tasks.jsonl",
                "--output",
                "out",
                "--objective",
                objective,
                "--max-steps",
                $"{steps}",
                "--batch-size",
                "2",
                "--set",
                $"rollouts.endpoint.base_url={server.BaseUrl}",
                "--set",
                "lora.r=4",
                "--set",
                "train.learning_rate=0.01",
                "--set",
                "train.warmup_steps=0",
                .. more,
            ]
        );
    }
}
