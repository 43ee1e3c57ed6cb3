using System.Text.Json;
using MultiTurnTrainer.Inference.Local;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Inference.Tests.Local;

/// <summary>GGUF files as models: their own tokenizers and templates, and what they say.</summary>
public sealed class GgufTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tokenizer_OfBytePairs_GivesTheOriginalsIds()
    {
        Tokenizer tokenizer = Tokenizer.Load(Open("models", "smollm2-135m-instruct.Q4_1.gguf"));
        JsonElement cases = SmallRealModel.Goldens.GetProperty("tokenizer_cases");

        Assert.NotEqual(0, cases.GetArrayLength());
        Assert.All(
            cases.EnumerateArray(),
            one => Assert.Equal(Ints(one), tokenizer.Encode(one.GetProperty("text").GetString()!, false).Ids)
        );
    }

    [Fact]
    public void Tokenizer_OfSentencePieces_GivesLlamaCppsIds()
    {
        Tokenizer tokenizer = Tokenizer.Load(Open("peers", "gguf", "model-f32.gguf"));
        JsonElement[] cases =
        [
            .. JsonElement
                .Parse(File.ReadAllBytes(SharedData.Path("peers", "gguf", "llama.cpp.json")))
                .GetProperty("tokenize")
                .EnumerateArray()
                .Where(one => one.GetProperty("parse_special").GetBoolean()),
        ];

        Assert.NotEmpty(cases);
        Assert.All(
            cases,
            one => Assert.Equal(Ints(one), tokenizer.Encode(one.GetProperty("text").GetString()!, true).Ids)
        );
    }

    [Fact]
    public void Generate_FromAGguf_SaysWhatTransformersSays()
    {
        JsonElement[] chats = [.. SmallRealModel.Goldens.GetProperty("prompts").EnumerateArray().Take(3)];
        string file = _folder.Write(
            "chats.jsonl",
            string.Concat(
                chats.Select(chat => $$"""{"messages": {{chat.GetProperty("messages").GetRawText()}}}""" + "\n")
            )
        );
        LocalModelOptions options = new(Open("models", "smollm2-135m-instruct.Q4_1.gguf"))
        {
            Type = "float32",
            Device = "cpu",
        };
        using MemoryStream output = new();

        new GenerationRun(
            new GenerationPrompts(file, options),
            options,
            new GenerationOptions { MaxNewTokens = 16, StopTokens = [2] }
        ).InProcess(output, TestContext.Current.CancellationToken, out _);

        string[] lines = System
            .Text.Encoding.UTF8.GetString(output.ToArray())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(chats.Length, lines.Length);
        Assert.All(
            chats.Zip(lines),
            pair => Assert.Equal(Ints(pair.First.GetProperty("greedy")).Take(16), Ints(JsonElement.Parse(pair.Second)))
        );
    }

    private static string Open(params string[] parts) => GgufFolder.Open(SharedData.Path(parts));

    private static int[] Ints(JsonElement owner) =>
        [.. owner.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
}
