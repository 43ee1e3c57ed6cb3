using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Inference.Local;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Safetensors;
using MultiTurnTrainer.Tokenizers;
using Encoding = System.Text.Encoding;

namespace MultiTurnTrainer.Inference.Tests.Local;

/// <summary>A small model that people really use, against what transformers makes of it.</summary>
public sealed class RealModelTests(ITestOutputHelper output) : IDisposable
{
    private const double SureMargin = 0.002;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Weights_OfTheGguf_AreThoseOfTheGoldens()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(SmallRealModel.Folder, "model.safetensors"));
        JsonProperty[] wanted = [.. SmallRealModel.Weights.EnumerateObject()];

        Assert.Equal(wanted.Select(tensor => tensor.Name).Order(), file.Entries.Keys.Order());
        Assert.All(
            wanted,
            tensor =>
                Assert.Equal(
                    tensor.Value.GetProperty("float32").GetString(),
                    Convert.ToHexStringLower(SHA256.HashData(file.Bytes(file[tensor.Name])))
                )
        );
    }

    [Fact]
    public void Tokenizer_OfTheCases_GivesTheirIds()
    {
        Tokenizer tokenizer = Tokenizer.Load(SmallRealModel.Folder);
        JsonElement cases = SmallRealModel.Goldens.GetProperty("tokenizer_cases");

        Assert.NotEqual(0, cases.GetArrayLength());
        Assert.All(
            cases.EnumerateArray(),
            one =>
                Assert.Equal(
                    Ints(one.GetProperty("ids")),
                    tokenizer.Encode(one.GetProperty("text").GetString()!, false).Ids
                )
        );
    }

    [Fact]
    public void Generate_TheChats_SaysWhatTransformersSays()
    {
        JsonElement[] chats = [.. SmallRealModel.Goldens.GetProperty("prompts").EnumerateArray()];
        string file = _folder.Write(
            "chats.jsonl",
            string.Concat(
                chats.Select(chat => $$"""{"messages": {{chat.GetProperty("messages").GetRawText()}}}""" + "\n")
            )
        );
        LocalModelOptions options = new(SmallRealModel.Folder) { Type = "float32", Device = "cpu" };
        GenerationPrompts prompts = new(file, options);
        int[][] ids = [.. prompts.Read()];
        Assert.All(chats.Zip(ids), pair => Assert.Equal(Ints(pair.First.GetProperty("ids")), pair.Second));
        GenerationOptions generation = new()
        {
            MaxNewTokens = 48,
            StopTokens = [2],
            BatchSize = chats.Length,
        };
        using MemoryStream lines = new();

        new GenerationRun(prompts, options, generation).InProcess(
            lines,
            CancellationToken.None,
            out GenerationSpeed speed
        );

        output.WriteLine($"{speed}");
        JsonElement[] found = Lines(lines);
        Assert.Equal(chats.Length, found.Length);
        int sure = 0;
        foreach ((JsonElement chat, JsonElement reply) in chats.Zip(found))
        {
            JsonElement wanted = chat.GetProperty("greedy");
            // After a choice that was too close to call the rest says nothing.
            int close = wanted
                .GetProperty("margins")
                .EnumerateArray()
                .TakeWhile(margin => margin.GetDouble() > SureMargin)
                .Count();
            int[] expected = Ints(wanted.GetProperty("ids"));
            Assert.Equal(expected.Take(close), Ints(reply.GetProperty("ids")).Take(close));
            sure += close;
            if (close == expected.Length)
            {
                Assert.Equal(wanted.GetProperty("finish").GetString(), reply.GetProperty("finish_reason").GetString());
                Assert.Equal(wanted.GetProperty("text").GetString(), reply.GetProperty("text").GetString());
            }
        }

        Assert.True(sure > 400, $"only {sure} tokens were sure");
    }

    [Fact]
    public void Score_TheTexts_GivesTheirLossesAndPerplexity()
    {
        JsonElement goldens = SmallRealModel.Goldens;
        JsonElement[] texts = [.. goldens.GetProperty("texts").EnumerateArray()];
        string file = _folder.Write(
            "texts.jsonl",
            string.Concat(
                texts.Select(text =>
                    new JsonObject { ["text"] = text.GetProperty("text").GetString() }.ToJsonString() + "\n"
                )
            )
        );
        using MemoryStream lines = new();

        ScoreTotals totals = new ScoreRun(
            file,
            new(SmallRealModel.Folder) { Type = "float32", Device = "cpu" }
        ).Execute(lines, null, false);

        JsonElement[] found = Lines(lines);
        Assert.Equal(texts.Length, found.Length);
        double worst = 0;
        foreach ((JsonElement text, JsonElement score) in texts.Zip(found))
        {
            int count = text.GetProperty("count").GetInt32();
            Assert.Equal(count, score.GetProperty("supervised_tokens").GetInt32());
            double sum = score.GetProperty("loss").GetDouble() * count;
            worst = Math.Max(worst, Math.Abs((sum / text.GetProperty("loss_sum").GetDouble()) - 1));
            if (text.TryGetProperty("logprobs", out JsonElement wanted))
            {
                Assert.All(
                    wanted.EnumerateArray().Zip(score.GetProperty("logprobs").EnumerateArray()),
                    pair => Assert.Equal(pair.First.GetDouble(), pair.Second.GetDouble(), 1e-3)
                );
            }
        }

        output.WriteLine($"largest relative difference of a loss: {worst:e1}; {totals.Text}");
        Assert.InRange(worst, 0, 1e-5);
        double perplexity = goldens.GetProperty("total").GetProperty("perplexity").GetDouble();
        Assert.Contains(
            FormattableString.Invariant($"perplexity {perplexity:F4}"),
            totals.Text,
            StringComparison.Ordinal
        );
    }

    private static JsonElement[] Lines(MemoryStream stream) =>
        [
            .. Encoding
                .UTF8.GetString(stream.ToArray())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonElement.Parse(Encoding.UTF8.GetBytes(line))),
        ];

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];
}
