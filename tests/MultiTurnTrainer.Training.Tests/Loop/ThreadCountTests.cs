using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.SelfTest;
using MultiTurnTrainer.Training.Settings;
using MultiTurnTrainer.Training.Tests.Distillation;
using TorchSharp;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>
/// Every kind of training gives the same bytes on one thread and on several. The model is large enough for libtorch to share its
/// operators out, and no side of it is a multiple of a vector, so that a cut that depends on the number of threads shows.
/// </summary>
public class ThreadCountTests
{
    private const int _vocabulary = 1009;
    private static readonly JsonSerializerOptions _names = new() { Converters = { new JsonStringEnumConverter() } };

    public static TheoryData<string, string, string, string> Adapters =>
        new()
        {
            // What, family, and of the settings under lora: and train: what differs from the defaults.
            { "lora", "llama", "{}", "{}" },
            { "lora", "qwen2", "{}", "{}" },
            { "lora", "qwen3", "{}", "{}" },
            { "lora", "gemma2", "{}", "{}" },
            { "lora", "mistral", "{}", "{}" },
            { "lora", "phi3", "{}", "{}" },
            { "bf16", "llama", "{}", """{"Dtype": "Bfloat16"}""" },
            { "bf16", "gemma2", "{}", """{"Dtype": "Bfloat16"}""" },
            { "packed", "llama", "{}", """{"Packing": true, "MaxLength": 256}""" },
            { "recompute full", "llama", "{}", """{"Recompute": "Full"}""" },
            { "recompute selective, dropout", "qwen3", """{"LoraDropout": 0.1}""", """{"Recompute": "Selective"}""" },
            {
                "rslora, smoothing",
                "llama",
                """{"UseRslora": true}""",
                """{"LabelSmoothingFactor": 0.1, "ZLoss": 1e-4}"""
            },
            { "dropout", "llama", """{"LoraDropout": 0.1}""", "{}" },
            { "dropout bf16", "qwen2", """{"LoraDropout": 0.1}""", """{"Dtype": "Bfloat16"}""" },
            { "dora", "llama", """{"UseDora": true}""", "{}" },
            { "dora bf16", "gemma2", """{"UseDora": true}""", """{"Dtype": "Bfloat16"}""" },
            { "dora, dropout", "qwen2", """{"UseDora": true, "LoraDropout": 0.1}""", "{}" },
            { "embedding and head", "llama", """{"TargetModules": ["q_proj", "embed_tokens", "lm_head"]}""", "{}" },
            {
                "tied embedding",
                "gemma2",
                """{"TargetModules": ["q_proj", "embed_tokens"]}""",
                """{"WeightDecay": 0.1}"""
            },
            {
                "embedding and head, dora",
                "mistral",
                """{"UseDora": true, "TargetModules": ["embed_tokens", "lm_head"]}""",
                "{}"
            },
            { "whole embedding and head", "llama", """{"ModulesToSave": ["embed_tokens", "lm_head"]}""", "{}" },
            {
                "whole embedding and head bf16",
                "llama",
                """{"ModulesToSave": ["embed_tokens", "lm_head"]}""",
                """{"Dtype": "Bfloat16"}"""
            },
            {
                "whole biases and norms",
                "qwen2",
                """{"ModulesToSave": ["k_proj", "input_layernorm"], "TargetModules": ["q_proj"]}""",
                "{}"
            },
            { "full", "llama", "{}", """{"FinetuningType": "Full"}""" },
            { "full", "qwen2", "{}", """{"FinetuningType": "Full", "WeightDecay": 0.1}""" },
            { "full", "gemma2", "{}", """{"FinetuningType": "Full"}""" },
            { "full", "phi3", "{}", """{"FinetuningType": "Full", "Recompute": "Full"}""" },
            { "full bf16", "gemma2", "{}", """{"FinetuningType": "Full", "Dtype": "Bfloat16"}""" },
            {
                "full bf16",
                "qwen2",
                "{}",
                """{"FinetuningType": "Full", "Dtype": "Bfloat16", "Packing": true, "MaxLength": 256}"""
            },
        };

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Execute_OnOneThreadAndOnSeveral_GivesTheSameBytes(string what, string family, string lora, string train)
    {
        using TempFolder folder = new();
        string rows = folder.Write(
            "rows.jsonl",
            string.Concat(
                SampleRows
                    .Make(7, _vocabulary, 190, seed: 3)
                    .Select(row =>
                        JsonSerializer.Serialize(new { input_ids = row.InputIds, labels = row.Labels }) + "\n"
                    )
            )
        );
        RequireSame(
            what,
            family,
            (model, output, threads) =>
                new TrainRequest
                {
                    Model = model,
                    TrainFiles = [rows],
                    EvalFile = rows,
                    Output = output,
                    Lora = JsonSerializer.Deserialize<LoraSettings>(lora, _names)! with { R = 5 },
                    Train = JsonSerializer.Deserialize<TrainSettings>(train, _names)! with
                    {
                        MaxSteps = 2,
                        LearningRate = 1e-2,
                        WarmupSteps = 0,
                        Device = "cpu",
                        Threads = threads,
                    },
                }
        );
    }

    [Theory]
    [InlineData("maigo", "llama", TrainingDtype.Float32)]
    [InlineData("ccopd", "llama", TrainingDtype.Float32)]
    [InlineData("distill-offline", "llama", TrainingDtype.Float32)]
    [InlineData("distill-offline", "gemma2", TrainingDtype.Bfloat16)]
    public void Execute_DistillingOnOneThreadAndOnSeveral_GivesTheSameBytes(
        string objective,
        string family,
        TrainingDtype type
    ) =>
        RequireSame(
            objective,
            family,
            (model, output, threads) =>
            {
                TrainRequest request = DistillationCase.Request(output, objective, steps: 2);
                return request with { Model = model, Train = request.Train with { Threads = threads, Dtype = type } };
            }
        );

    private static void RequireSame(string what, string family, Func<string, string, int, TrainRequest> request)
    {
        using TempFolder folder = new();
        int before = torch.get_num_threads();
        try
        {
            WriteModel(folder["model"], family);
            Dictionary<string, byte[]>[] runs =
            [
                .. Enumerable
                    .Range(1, family == "llama" ? 3 : 2)
                    .Select(threads =>
                    {
                        string output = folder[$"on {threads}"];
                        TrainingCase.Run(request(folder["model"], output, threads));
                        return Results(output);
                    }),
            ];
            string[] differing =
            [
                .. runs[0]
                    .Keys.SelectMany(key =>
                        Enumerable
                            .Range(1, runs.Length - 1)
                            .Where(i => !runs[i][key].AsSpan().SequenceEqual(runs[0][key]))
                            .Select(i => $"{key} on {i + 1} threads")
                    ),
            ];
            Assert.True(differing.Length == 0, $"{what}, {family}: {string.Join("; ", differing)}");
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    /// <summary>The weights, and what metrics and evaluations say apart from time.</summary>
    private static Dictionary<string, byte[]> Results(string output)
    {
        Dictionary<string, byte[]> results = [];
        foreach (string name in new[] { "adapter_model.safetensors", "model.safetensors" })
        {
            string path = Path.Combine(output, name);
            if (File.Exists(path))
            {
                results[name] = File.ReadAllBytes(path);
            }
        }

        Assert.NotEmpty(results);
        foreach (JsonView step in TrainingCase.Metrics(output))
        {
            string number = step.GetProperty("step").GetRawText();
            foreach (string name in new[] { "loss", "grad_norm" })
            {
                results[$"{name} of step {number}"] = [.. step.GetProperty(name).GetRawText().Select(c => (byte)c)];
            }
        }

        string evaluations = Path.Combine(output, "evaluations.jsonl");
        if (File.Exists(evaluations))
        {
            results["evaluations"] = File.ReadAllBytes(evaluations);
        }

        return results;
    }

    private static void WriteModel(string folder, string family)
    {
        JsonObject config = new()
        {
            ["model_type"] = family,
            ["hidden_size"] = 132,
            ["intermediate_size"] = 347,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 6,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 22,
            ["vocab_size"] = _vocabulary,
            ["max_position_embeddings"] = 512,
            ["rms_norm_eps"] = 1e-5,
            ["sliding_window"] = null,
            ["tie_word_embeddings"] = family == "gemma2",
            ["initializer_range"] = 0.1,
            ["eos_token_id"] = 2,
        };
        ModelFactory.Write(config, folder, seed: 1, force: true);
    }
}
