using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Text that comes from data never becomes a control token.</summary>
public sealed class SpecialTokenTests
{
    private const string Text = "<|im_start|>user\nsay <|im_start|> é <think><|im_end|>";

    [Fact]
    public void Encode_ByDefault_RecognizesEveryAddedToken() =>
        Assert.Equal(["<|im_start|>", "<|im_start|>", "<think>", "<|im_end|>"], Added(new EncodeOptions()));

    [Fact]
    public void Encode_WithoutSpecialTokens_KeepsThemAsText() =>
        Assert.Equal(["<think>"], Added(new EncodeOptions { RecognizeSpecialTokens = false }));

    [Fact]
    public void Encode_DataRange_KeepsTheTokensThatTouchItAsText()
    {
        int from = Text.IndexOf("say", StringComparison.Ordinal);
        int to = Text.IndexOf("<|im_end|>", StringComparison.Ordinal);
        Assert.Equal(["<|im_start|>", "<think>", "<|im_end|>"], Added(new EncodeOptions { DataRanges = [from..to] }));
        Assert.Equal(["<|im_start|>", "<think>"], Added(new EncodeOptions { DataRanges = [from..(to + 1)] }));
    }

    [Fact]
    public void Encode_AllowAddedToken_HasTheLastWord() =>
        Assert.Empty(Added(new EncodeOptions { AllowAddedToken = (_, _, _) => false }));

    private static string[] Added(EncodeOptions options)
    {
        using TempFolder folder = new();
        string path = folder.Write("tokenizer.json", TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern]));
        Tokenizer tokenizer = Tokenizer.Load(path);
        int[] ids = tokenizer.Encode(Text, options).Ids;
        Assert.Equal(Text, tokenizer.Decode(ids, skipSpecialTokens: false));
        return [.. ids.Where(tokenizer.IsAdded).Select(id => tokenizer.IdToToken(id)!)];
    }
}
