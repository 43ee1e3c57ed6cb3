using System.Text.Json;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Tokenizers.Tests.Formats;

/// <summary>Files without a tokenizer.json against the libraries that made them.</summary>
public sealed class PeerGoldenTests
{
    public static TheoryData<string> SentencePieceModels() =>
        [
            "bpe-nfkc-default",
            "bpe-no-dummy",
            "bpe-suffix",
            "bpe-user-control",
            "llama2-style-bpe",
            "unigram-bytes-identity",
            "unigram-nfkc-default",
            "unigram-user-cf",
        ];

    public static TheoryData<string, string> Tiktokens() =>
        new() { { "mini", "mini.tiktoken" }, { "cl100k_base", "cl100k_base.tiktoken.gz" } };

    public static TheoryData<string, string> Tekkens() =>
        new() { { "tekken-small", "tekken-small.json" }, { "tekken_240718", "tekken_240718.json.gz" } };

    [Theory]
    [MemberData(nameof(SentencePieceModels))]
    public void Encode_SentencePieceModel_EqualsSentencePiece(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("peers", "tokenizers", "sentencepiece", $"{model}.model"));
        PeerComparison.Equal(tokenizer, PeerGolden.Read("sentencepiece", model), startsOnly: false);
    }

    [Theory]
    [MemberData(nameof(SentencePieceModels))]
    public void Decode_SentencePieceModel_EqualsSentencePiece(string model)
    {
        Tokenizer tokenizer = Tokenizer.Load(SharedData.Path("peers", "tokenizers", "sentencepiece", $"{model}.model"));
        string models = File.ReadAllText(SharedData.Path("peers", "tokenizers", "sentencepiece", "models.json"));
        JsonElement samples = JsonDocument.Parse(models).RootElement.GetProperty(model).GetProperty("decode");
        Assert.All(
            samples.EnumerateArray(),
            sample =>
                Assert.Equal(
                    sample.GetProperty("text").GetString(),
                    tokenizer.Decode(
                        [.. sample.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())],
                        skipSpecialTokens: false
                    )
                )
        );
    }

    [Fact]
    public void Encode_MistralSentencePieceModel_EqualsSentencePiece()
    {
        using TempFolder folder = new();
        PeerGolden.Unpack(folder, "mistral", "tokenizer.model.v1.gz", "tokenizer.model.v1");
        PeerComparison.Equal(
            Tokenizer.Load(folder.Path),
            PeerGolden.Read("mistral", "tokenizer.model.v1"),
            startsOnly: false
        );
    }

    [Theory]
    [MemberData(nameof(Tiktokens))]
    public void Encode_Tiktoken_EqualsTiktoken(string encoding, string file)
    {
        using TempFolder folder = new();
        Tokenizer tokenizer = Tokenizer.Load(PeerGolden.Unpack(folder, "tiktoken", file, $"{encoding}.tiktoken"));
        PeerComparison.Equal(tokenizer, PeerGolden.Read("tiktoken", encoding), startsOnly: true);
    }

    [Theory]
    [MemberData(nameof(Tekkens))]
    public void Encode_Tekken_EqualsMistralCommon(string name, string file)
    {
        using TempFolder folder = new();
        PeerGolden.Unpack(folder, "mistral", file, "tekken.json");
        PeerComparison.Equal(Tokenizer.Load(folder.Path), PeerGolden.Read("mistral", name), startsOnly: true);
    }
}
