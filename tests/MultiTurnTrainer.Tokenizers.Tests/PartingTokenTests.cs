using MultiTurnTrainer.Files;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Tokens that are said to part texts do so, whatever stands on either side.</summary>
public sealed class PartingTokenTests
{
    private static readonly string[] _texts =
    [
        "",
        "a",
        " a",
        "Hello world",
        "  two  spaces ",
        "\n\nline\n",
        "é 你好 \u00a0x",
        "1234 <|im_start|> [MASK] </s> <pad>",
        "▁mark▁",
        "e\u0301",
    ];

    [Theory]
    [MemberData(nameof(GoldenVectorTests.Models), MemberType = typeof(GoldenVectorTests))]
    public void PartsText_OfEveryAddedTokenOfAModel_HoldsOnEveryPair(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("tokenizers", model));

        foreach (AddedTokenInfo token in tokenizer.AddedTokens.Where(token => tokenizer.PartsText(token.Id)).Take(300))
        {
            AssertParts(tokenizer, token);
        }
    }

    [Theory]
    [InlineData("qwen3", "<|im_end|>")]
    [InlineData("llama3.1", "<|eot_id|>")]
    [InlineData("gemma3", "<end_of_turn>")]
    [InlineData("mistral-v0.3", "</s>")]
    [InlineData("phi-3-mini", "<|end|>")]
    public void PartsText_OfAStopToken_IsSo(string model, string stop)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("tokenizers", model));
        bool strips = model == "phi-3-mini";

        Assert.Equal(!strips, tokenizer.PartsText(tokenizer.TokenToId(stop)!.Value));
    }

    private static void AssertParts(Tokenizer tokenizer, AddedTokenInfo token)
    {
        foreach (string before in _texts)
        {
            foreach (string behind in _texts)
            {
                try
                {
                    List<int> parts = [.. Ids(tokenizer, before + token.Content)];
                    parts.AddRange(Ids(tokenizer, token.Content + behind).Skip(1));
                    Assert.True(
                        parts.SequenceEqual(Ids(tokenizer, before + token.Content + behind)),
                        $"'{before}' {token.Content} '{behind}' among {string.Join(' ', tokenizer.AddedTokens.Take(20).Select(t => t.Content))}"
                    );
                }
                catch (MttException)
                {
                    // The vocabulary cannot express the text.
                }
            }
        }
    }

    private static int[] Ids(Tokenizer tokenizer, string text)
    {
        IdBuffer ids = new();
        tokenizer.EncodeIds(System.Text.Encoding.UTF8.GetBytes(text), ids);
        return ids.Ids.ToArray();
    }
}
