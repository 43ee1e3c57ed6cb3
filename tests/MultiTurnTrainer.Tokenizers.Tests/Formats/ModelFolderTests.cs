using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Tokenizers.Tests.Formats;

/// <summary>Model folders: which file is read, what tokenizer_config.json adds, what is warned of, what is refused.</summary>
public sealed class ModelFolderTests
{
    private const string Config = """
        {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
         "added_tokens_decoder": {"300": {"content": "<|user|>", "special": true, "normalized": false},
                                  "301": {"content": "<tool>", "rstrip": true, "normalized": false}}}
        """;

    private static readonly string[] Pieces =
    [
        "<unk>",
        "<s>",
        "</s>",
        .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"),
        .. (string[])["▁▁", "he", "ll", "hell", "hello", "▁hello", "▁▁▁"],
        .. "▁helo<s>/".Distinct().Select(c => c.ToString()),
    ];

    [Fact]
    public void Load_SentencePieceFolder_AddsTheConfigsTokens()
    {
        using TempFolder folder = SentencePieceFolder();
        folder.Write("tokenizer_config.json", Config);
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);

        Assert.Equal(folder["tokenizer.model"], Tokenizer.FileOf(folder.Path));
        Assert.Equal(300, tokenizer.TokenToId("<|user|>"));
        Assert.True(tokenizer.IsSpecial(300));
        Assert.False(tokenizer.IsSpecial(301));
        Encoding encoding = tokenizer.Encode("<s><|user|>hello<tool>  hello</s>", addSpecialTokens: false);
        int hello = Array.IndexOf(Pieces, "▁hello");
        Assert.Equal([1, 300, hello, 301, hello, 2], encoding.Ids);
        Assert.Equal(new TokenOffset(16, 24), encoding.Offsets[3]);
        Assert.Equal(
            "<s><|user|>hello<tool>hello</s>",
            tokenizer.Decode([1, 300, hello - 1, 301, hello - 1, 2], false)
        );
        Assert.Equal([1, hello], tokenizer.Encode("hello", addSpecialTokens: true).Ids);
    }

    [Fact]
    public void Load_SentencePieceFileAlone_ReadsControlPiecesAsText()
    {
        using TempFolder folder = SentencePieceFolder();
        int[] ids = Tokenizer.Load(folder["tokenizer.model"]).Encode("<s>", addSpecialTokens: true).Ids;
        Assert.Equal([.. ((string[])["▁", "<", "s", ">"]).Select(piece => Array.IndexOf(Pieces, piece))], ids);
    }

    [Theory]
    [InlineData("legacy", true, "▁hello")]
    [InlineData("legacy", false, "hello")]
    public void Load_LegacyOrNot_MarksWhatFollowsAControlToken(string key, bool value, string expected)
    {
        using TempFolder folder = SentencePieceFolder();
        folder.Write("tokenizer_config.json", $$"""{"bos_token": "<s>", "{{key}}": {{(value ? "true" : "false")}}}""");
        int[] ids = Tokenizer.Load(folder.Path).Encode("hello<s>hello", addSpecialTokens: false).Ids;
        Assert.Equal([Array.IndexOf(Pieces, "▁hello"), 1, Array.IndexOf(Pieces, expected)], ids);
    }

    [Fact]
    public void Encode_PiecesOfOneScore_MergesTheLeftmostFirst()
    {
        // "▁▁" and "▁▁▁" score alike: behind the first "▁▁" its neighbour joins it before the next two join each other.
        using TempFolder folder = SentencePieceFolder();
        int[] ids = Tokenizer.Load(folder["tokenizer.model"]).Encode("    ", addSpecialTokens: false).Ids;
        Assert.Equal([Array.IndexOf(Pieces, "▁▁▁"), Array.IndexOf(Pieces, "▁▁")], ids);
    }

    [Theory]
    [InlineData("LlamaTokenizer", true)]
    [InlineData("LlamaTokenizerFast", true)]
    [InlineData("PreTrainedTokenizerFast", false)]
    public void Warnings_ClassThatIgnoresTheNormalizer_AreGiven(string tokenizerClass, bool warned)
    {
        using TempFolder folder = new();
        folder.Write("tokenizer.json", TestTokenizers.Marked());
        folder.Write("tokenizer_config.json", $$"""{"tokenizer_class": "{{tokenizerClass}}"}""");
        IReadOnlyList<string> warnings = Tokenizer.Load(folder.Path).Warnings;
        Assert.Equal(warned, warnings.Any(w => w.Contains("transformers 5", StringComparison.Ordinal)));
        Assert.Empty(Tokenizer.Load(folder["tokenizer.json"]).Warnings);
    }

    [Fact]
    public void Warnings_AnotherIdThanTheConfigSays_AreGiven()
    {
        using TempFolder folder = new();
        folder.Write("tokenizer.json", TestTokenizers.Marked());
        folder.Write("tokenizer_config.json", """{"added_tokens_decoder": {"9000": {"content": "<new>"}}}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        int id = tokenizer.TokenToId("<new>")!.Value;
        Assert.Equal(tokenizer.IdLimit - 1, id);
        Assert.Contains($"by tokenizer.json it has {id}", Assert.Single(tokenizer.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_UnknownListOfTokens_WarnsThatTheSplittingIsGuessed()
    {
        using TempFolder folder = new();
        IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(b => $"{Convert.ToBase64String([(byte)b])} {b}");
        folder.Write("own.tiktoken", string.Join('\n', bytes.Append($"{Convert.ToBase64String("ab"u8)} 256")) + "\n");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([256, 99], tokenizer.Encode("abc", addSpecialTokens: false).Ids);
        Assert.Contains("cl100k_base", Assert.Single(tokenizer.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SpecialTokensOfATekkenFile_CountInAChatFolderOnly()
    {
        using TempFolder folder = new();
        folder.Write("tekken.json", Tekken());
        Assert.DoesNotContain(1, Tokenizer.Load(folder.Path).Encode("<s>", addSpecialTokens: false).Ids);
        folder.Write("chat_template.jinja", "{{ messages }}");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([1], tokenizer.Encode("<s>", addSpecialTokens: false).Ids);
        Assert.Equal("<SPECIAL_22>", tokenizer.IdToToken(22));
        Assert.Equal([25 + 'a'], tokenizer.Encode("a", addSpecialTokens: false).Ids);
    }

    [Theory]
    [InlineData("tokenizer.model", "", "pieces")]
    [InlineData("tokenizer.model", "\n\u0005hello", "SentencePiece")]
    [InlineData("own.tiktoken", "IQ== 0\nIg==\n", "line 2")]
    [InlineData("own.tiktoken", "IQ== 0\nIQ== 1\n", "id 1")]
    [InlineData("own.tiktoken", "IQ== 0\n", "byte 0x00")]
    [InlineData("tekken.json", "{}", "config")]
    [InlineData("tokenizer_config.json", "[]", "one JSON object")]
    [InlineData("tokenizer_config.json", """{"added_tokens_decoder": {"x": {}}}""", "added_tokens_decoder.x")]
    [InlineData("added_tokens.json", """{"<x>": -1}""", "<x>: must be an id")]
    public void Load_DamagedFile_SaysWhere(string name, string content, string expected)
    {
        using TempFolder folder = new();
        if (
            name.EndsWith("s.json", StringComparison.Ordinal)
            || name.StartsWith("tokenizer_c", StringComparison.Ordinal)
        )
        {
            folder.Write("tokenizer.json", TestTokenizers.Marked());
        }

        string path = folder.Write(name, content);
        MttException problem = Assert.Throws<MttException>(() => Tokenizer.Load(folder.Path));
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EveryTruncationOfAModel_IsRefusedOrReads()
    {
        byte[] whole = SentencePieceWriter.Llama(Pieces);
        using TempFolder folder = new();
        for (int length = 0; length < whole.Length; length += 7)
        {
            File.WriteAllBytes(folder["tokenizer.model"], whole[..length]);
            try
            {
                Tokenizer.Load(folder.Path);
            }
            catch (MttException problem)
            {
                Assert.StartsWith(folder["tokenizer.model"], problem.Message, StringComparison.Ordinal);
            }
        }
    }

    private static TempFolder SentencePieceFolder()
    {
        TempFolder folder = new();
        File.WriteAllBytes(folder["tokenizer.model"], SentencePieceWriter.Llama(Pieces));
        return folder;
    }

    private static string Tekken()
    {
        IEnumerable<string> tokens = Enumerable
            .Range(0, 256)
            .Select(b =>
                $$"""{"rank": {{b}}, "token_bytes": "{{Convert.ToBase64String([(byte)b])}}", "token_str": null}"""
            );
        return $$"""
            {"config": {"pattern": "\\s+|\\S+", "default_vocab_size": 281, "default_num_special_tokens": 25},
             "vocab": [{{string.Join(',', tokens)}}]}
            """;
    }
}
