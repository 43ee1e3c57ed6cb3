using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>All strings of the shared vectors, all models, against HuggingFace's own library.</summary>
public sealed class GoldenVectorTests
{
    public static TheoryData<string> Models() =>
        [
            "bert-base-uncased",
            "clip",
            "deepseek-v3",
            "falcon",
            "gemma3",
            "gpt-oss",
            "gpt2",
            "llama2",
            "llama3.1",
            "mistral-v0.3",
            "modernbert",
            "phi-3-mini",
            "qwen3",
            "roberta-base",
            "t5-small",
            "whisper-tiny",
        ];

    [Theory]
    [MemberData(nameof(Models))]
    public void Encode_EveryVector_EqualsReference(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("tokenizers", model));
        GoldenVector[] vectors = [.. GoldenVector.Read(SharedData.Path("tokvec", $"{model}.jsonl.gz"))];
        List<string> differences = GoldenComparison.Differences(tokenizer, vectors);
        Assert.True(
            differences.Count == 0,
            $"{differences.Count} differences in {vectors.Length} vectors:\n{string.Join('\n', differences.Take(10))}"
        );
    }
}
