using MultiTurnTrainer.Files;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Mutated tokenizer files: a tokenizer that encodes or refuses, or an error with the file's name.</summary>
public class TokenizerFuzzTests(ITestOutputHelper output)
{
    private const string Added =
        """ "added_tokens":[{"id":9,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true}], """;

    private static readonly string[] _seeds =
    [
        """{"version":"1.0","truncation":null,"padding":null,ADDED"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"","end_of_word_suffix":"","fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{"a":0,"b":1,"Ġ":2,"ab":3,"Ġab":4},"merges":["a b","Ġ ab"]}}""",
        """{"version":"1.0",ADDED"normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"Regex":" +"},"content":"▁"}]},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[9],"tokens":["<s>"]}}},"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1.5],["▁",-2],["▁a",-1],["<0x0A>",-9]],"byte_fallback":true}}""",
        """{"version":"1.0",ADDED"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["b",1],"cls":["a",0]},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"u":0,"a":1,"##b":2,"ab":3}}}""",
        """{"version":"1.0","truncation":{"direction":"Right","max_length":8,"strategy":"LongestFirst","stride":0},"padding":{"strategy":{"Fixed":16},"direction":"Left","pad_to_multiple_of":4,"pad_id":0,"pad_type_id":0,"pad_token":"u"},ADDED"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Contiguous"}]},"model":{"type":"WordLevel","vocab":{"u":0,"a":1,"1":2},"unk_token":"u"}}""",
    ];

    [Fact]
    public void Load_MutatedFiles_EncodeOrRefuse()
    {
        string[] seeds = [.. _seeds.Select(seed => seed.Replace("ADDED", Added, StringComparison.Ordinal))];
        using TempFolder folder = new();
        string file = folder["tokenizer.json"];
        Fuzz.Run(
            "tokenizers",
            1500,
            random => Fuzz.Mutate(random, seeds),
            bytes =>
            {
                File.WriteAllBytes(file, bytes);
                try
                {
                    Tokenizer tokenizer = Tokenizer.Load(file);
                    foreach (string text in new[] { "", "ab a <s> a1's", "é漢😀\n\t  b", new string('a', 3000) })
                    {
                        Encoding encoding = tokenizer.Encode(text, addSpecialTokens: true);
                        tokenizer.Decode(encoding.Ids, skipSpecialTokens: false);
                    }
                }
                catch (MttException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            output.WriteLine
        );
    }
}
