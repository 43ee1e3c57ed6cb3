using System.Collections.Concurrent;
using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Inference.Tests.Server;

/// <summary>
/// A script that behaves as vLLM does with runtime LoRA updating: adapters come and go by name, a name that is not loaded
/// is 404, one that is loaded twice 400. It answers two ids that follow from the prompt, and the stop token.
/// </summary>
internal sealed class Vllm(string model)
{
    public const int Stop = 2;

    /// <summary>Name → hash of the weights as they were when they were loaded.</summary>
    public ConcurrentDictionary<string, string> Loaded { get; } = [];

    /// <summary>Answers in place of a completion, where it gives one.</summary>
    public Func<Received, Answer?> Fault { get; init; } = _ => null;

    public Answer Play(Received request) =>
        request.Path switch
        {
            "load_lora_adapter" => Load(request.Body),
            "unload_lora_adapter" => Loaded.TryRemove(Name(request.Body), out _)
                ? Answers.Raw("Success: LoRA adapter removed.")
                : Answers.Status(404, "no such adapter"),
            "completions" => Fault(request) ?? Complete(request.Body),
            _ => Answers.Status(404, "no such path"),
        };

    private static string Name(JsonElement body) => body.GetProperty("lora_name").GetString()!;

    private Answer Load(JsonElement body)
    {
        string weights = Path.Combine(body.GetProperty("lora_path").GetString()!, "adapter_model.safetensors");
        return !File.Exists(weights) ? Answers.Status(400, "no adapter at lora_path")
            : Loaded.TryAdd(Name(body), ContentHash.OfFile(weights)) ? Answers.Raw("Success: LoRA adapter added.")
            : Answers.Status(400, """{"error":{"message":"The lora adapter has already been loaded."}}""");
    }

    private Answer Complete(JsonElement body)
    {
        string asked = body.GetProperty("model").GetString()!;
        if (asked != model && !Loaded.ContainsKey(asked))
        {
            return Answers.Status(404, $$$"""{"error":{"message":"The model {{{asked}}} does not exist."}}""");
        }

        int sum = body.GetProperty("prompt").EnumerateArray().Sum(id => id.GetInt32());
        int[] ids = [5 + (sum % 900), 5 + (sum % 700), Stop];
        int most = body.GetProperty("max_tokens").GetInt32();
        return Answers.Raw(
            JsonSerializer.Serialize(
                new
                {
                    choices = new[]
                    {
                        new { token_ids = ids.Take(most), finish_reason = most >= ids.Length ? "stop" : "length" },
                    },
                }
            )
        );
    }
}
