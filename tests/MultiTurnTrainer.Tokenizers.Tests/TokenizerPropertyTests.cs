using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Tokenizers;
using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Unicode;
using Encoding = MultiTurnTrainer.Tokenizers.Encoding;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>What holds for every text.</summary>
public sealed class TokenizerPropertyTests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(400);

    public static TheoryData<string> Tokenizers() =>
        [
            TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern]),
            TestTokenizers.ByteLevel([TestTokenizers.Gpt2Pattern]),
            TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern], nfc: true),
            TestTokenizers.Marked(),
        ];

    [Fact]
    public void Decode_OfEncoded_IsTheText()
    {
        Tokenizer tokenizer = Load(TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern]));
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text => tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false).Ids, false) == text
            )
            .Check(Config);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Encode_FastAndByTheLetter_AreEqual(string json)
    {
        Tokenizer tokenizer = Load(json);
        GenericEncoder generic = new(TokenizerFile.Read(Utf8.GetBytes(json), TokenizerConfig.None));
        IdBuffer ids = new();
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text =>
                {
                    Encoding expected = generic.Encode(text, new EncodeOptions());
                    Encoding found = tokenizer.Encode(text, addSpecialTokens: false);
                    Encoding ofBytes = tokenizer.Encode(Utf8.GetBytes(text), addSpecialTokens: false);
                    ids.Clear();
                    tokenizer.EncodeIds(Utf8.GetBytes(text), ids);
                    return expected.Ids.SequenceEqual(found.Ids)
                        && expected.Offsets.SequenceEqual(found.Offsets)
                        && expected.Ids.SequenceEqual(ofBytes.Ids)
                        && expected.Offsets.SequenceEqual(ofBytes.Offsets)
                        && expected.Ids.AsSpan().SequenceEqual(ids.Ids);
                }
            )
            .Check(Config);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryEncode_PlacesInBytes_AreTheOffsets(bool nfc)
    {
        Tokenizer tokenizer = Load(TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern], nfc));
        TokenSpans spans = new();
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text =>
                    tokenizer.TryEncode(Utf8.GetBytes(text), null, spans)
                    && Places.Agree(text, spans, tokenizer.Encode(text, addSpecialTokens: false))
                    && tokenizer.TryEncode(Utf8.GetBytes(text), (_, _, _) => false, spans)
                    && Places.Agree(
                        text,
                        spans,
                        tokenizer.Encode(text, new EncodeOptions { AllowAddedToken = (_, _, _) => false })
                    )
            )
            .Check(Config);
    }

    [Theory]
    [InlineData("a\u0308b")] // composed: the mark belongs to nobody
    [InlineData("\u0958x")] // decomposed
    [InlineData("e\u0301e\u0301 plain \u00e9")]
    [InlineData("q\u0301\u0323 \u1100\u1161\u11A8.")] // put in order; a syllable
    public void TryEncode_TextNotInNfc_StandsWhereTheGenericEncoderSays(string text)
    {
        string json = TestTokenizers.ByteLevel([TestTokenizers.Llama3Pattern], nfc: true);
        GenericEncoder generic = new(TokenizerFile.Read(Utf8.GetBytes(json), TokenizerConfig.None));
        TokenSpans spans = new();
        Assert.True(Load(json).TryEncode(Utf8.GetBytes(text), null, spans));
        Assert.Equal(generic.Encode(text, new EncodeOptions()).Offsets, Places.Offsets(text, spans));
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Encode_Offsets_RiseAndLieInTheText(string json)
    {
        Tokenizer tokenizer = Load(json);
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text =>
                {
                    TokenOffset[] offsets = tokenizer.Encode(text, addSpecialTokens: false).Offsets;
                    int length = text.EnumerateRunes().Count();
                    return offsets.All(o => o.Start >= 0 && o.Start <= o.End && o.End <= length)
                        && offsets.Zip(offsets.Skip(1)).All(p => p.First.Start <= p.Second.Start);
                }
            )
            .Check(Config);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Encode_WarmAndFreshCaches_AreEqual(string json)
    {
        Tokenizer warm = Load(json);
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text => warm.Encode(text + text, false).Ids.SequenceEqual(Load(json).Encode(text + text, false).Ids)
            )
            .Check(Config.WithMaxTest(40));
    }

    private static Tokenizer Load(string json)
    {
        using TempFolder folder = new();
        return Tokenizer.Load(folder.Write("tokenizer.json", json));
    }
}
