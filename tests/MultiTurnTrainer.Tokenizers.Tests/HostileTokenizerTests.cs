using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Patterns and vocabularies that go back over a text again and again are stopped by their count of steps.</summary>
public class HostileTokenizerTests
{
    private const int Length = 400_000;

    public static TheoryData<string, string> Patterns =>
        new()
        {
            { "(a+)+b", "a" },
            { "(a|a)*b", "a" },
            { "(a*)*b", "a" },
            { "(a|aa)+$b", "a" },
            { "(?:a+){2,}b", "a" },
            { "a*a*a*a*b", "a" },
            { ".*.*.*b", "a" },
            { "a*b", "a" },
            { "[a-z]*[0-9]", "a" },
            { "\\w+\\d", "a" },
            { "(\\w+\\s?)+!", "a " },
            { "(a?){30}a{30}b", "a" },
            { "(?=a*b)a", "a" },
            { "(?!a*c)[ab]b", "a" },
            { "(?<=a*c)a", "a" },
            { "(?<!ca*)[ab]b", "a" },
            { "(?>a*)b", "a" },
            { "a*+b", "a" },
            { "(a+)\\1b", "a" },
            { "((a*)*)*b", "a" },
            { "(?:(?:a{1,100}){1,100})b", "a" },
            { "(?i)(a|A)+b", "a" },
            { "(é+)+b", "é" },
            { "\\s+[^\\s]b", " " },
            { "(.+?)+?b", "a" },
        };

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Find_PatternThatGoesBack_IsStopped(string pattern, string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, Length / 10)));
        Assert.Throws<TokenizationException>(() => PatternMatches.Find(new OnigRegex(pattern), bytes, 0, []));
    }

    [Theory]
    [InlineData(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    [InlineData(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )]
    [InlineData(
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )]
    public void Find_PatternsOfRealTokenizers_TakeAnyText(string pattern)
    {
        OnigRegex regex = new(pattern);
        foreach (string unit in new[] { "a", "A", " ", "\n", "1", "!", "é", "漢", "a ", " \n", "😀", "\t", "Aa1! " })
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(
                string.Concat(Enumerable.Repeat(unit, Length / unit.Length))
            );
            List<TextMatch> matches = [];
            PatternMatches.Find(regex, bytes, 0, matches);
            Assert.Equal(bytes.Length, matches[^1].End);
        }
    }

    [Theory]
    [InlineData("unigram")]
    [InlineData("wordpiece")]
    [InlineData("sentencepiece")]
    public void Tokenize_LongTokensOfOneLetter_TakesBoundedSteps(string kind)
    {
        // One token as long as the text: every start would read to its end.
        Vocabulary vocabulary = new();
        string[] tokens =
        [
            "<unk>",
            "a",
            new string('a', Length / 2) + "b",
            "##a",
            "##" + new string('a', Length / 2) + "b",
        ];
        for (int i = 0; i < tokens.Length; i++)
        {
            vocabulary.Set(System.Text.Encoding.UTF8.GetBytes(tokens[i]), i);
        }

        byte[] word = System.Text.Encoding.UTF8.GetBytes(new string('a', Length));
        Assert.Throws<TokenizationException>(() => Model(kind, vocabulary).Tokenize(word, []));
    }

    [Theory]
    [InlineData("unigram")]
    [InlineData("wordpiece")]
    [InlineData("sentencepiece")]
    public void Tokenize_LongWord_IsTakenWhole(string kind)
    {
        Vocabulary vocabulary = new();
        string[] tokens =
        [
            "<unk>",
            "a",
            "aa",
            new string('a', 64),
            "##a",
            "##aa",
            "##" + new string('a', 64),
            "b",
            "##b",
        ];
        for (int i = 0; i < tokens.Length; i++)
        {
            vocabulary.Set(System.Text.Encoding.UTF8.GetBytes(tokens[i]), i);
        }

        byte[] word = System.Text.Encoding.UTF8.GetBytes(new string('a', Length));
        List<ModelToken> found = [];
        Model(kind, vocabulary).Tokenize(word, found);
        Assert.Equal(Length, found[^1].End);
        Assert.All(found, token => Assert.NotEqual(0, token.Id));
    }

    public static TheoryData<string> Files =>
        [
            // Ids and lengths that no model has.
            """{"model":{"type":"WordLevel","vocab":{"a":2147483647},"unk_token":"a"}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":4294967295},"unk_token":"a"}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":99999999999},"unk_token":"a"}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":-1},"unk_token":"a"}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":1e300},"unk_token":"a"}}""",
            """{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""",
            """{"model":{"type":"WordPiece","vocab":{"a":2000000000},"unk_token":"a","continuing_subword_prefix":"##","max_input_chars_per_word":100}}""",
            """{"model":{"type":"Unigram","vocab":[["a",1e999]],"unk_id":0}}""",
            """{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1000000000}}""",
            """{"model":{"type":"Unigram","vocab":[],"unk_id":0}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"},"padding":{"strategy":{"Fixed":2000000000},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,"pad_type_id":0,"pad_token":"a"}}""",
            """{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"},"padding":{"strategy":"BatchLongest","direction":"Right","pad_to_multiple_of":2000000000,"pad_id":0,"pad_type_id":0,"pad_token":"a"}}""",
            // Patterns that are none, or that grow without end.
            Split("(" + new string('(', 100_000)),
            Split("[" + new string('[', 100_000)),
            Split("((a{1000}){1000}){1000}b(?:(?:c{1,999}?){1,999}){1,999}"),
            Split("(?:(?:(?:ab){1000}){1000}){1000}"),
            Split("a{99999999999}"),
            Split("(?<n>a)\\k<m>"),
            Split("*"),
            Split("\\p{Nonsense}"),
            // Not what they say.
            "",
            "[]",
            "{",
            "{\"model\":{}}",
            "{\"model\":{\"type\":\"Nonsense\"}}",
            new string('[', 100_000),
            "{\"normalizer\":" + string.Concat(Enumerable.Repeat("{\"type\":\"Sequence\",\"normalizers\":[", 30_000)),
        ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_AbsurdFile_IsRefusedByName(string json)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("mtt-hostile-").FullName, "tokenizer.json");
        File.WriteAllText(file, json);
        MttException problem = Assert.Throws<MttException>(() => Tokenizer.Load(file));
        Assert.StartsWith(file, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_RulesThatLengthenEachOther_AreStopped()
    {
        string step = """{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaa"}""";
        string json =
            $$$"""{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"},"normalizer":{"type":"Sequence","normalizers":[{{{string.Join(',', Enumerable.Repeat(step, 12))}}}]}}""";
        string file = Path.Combine(Directory.CreateTempSubdirectory("mtt-hostile-").FullName, "tokenizer.json");
        File.WriteAllText(file, json);
        MttException problem = Assert.Throws<MttException>(() => Tokenizer.Load(file).Encode("aaaa", false));
        Assert.Contains("128 MiB", problem.Message, StringComparison.Ordinal);
    }

    private static string Split(string pattern) =>
        $$$"""{"model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"},"pre_tokenizer":{"type":"Split","pattern":{"Regex":{{{JsonSerializer.Serialize(pattern)}}}},"behavior":"Isolated","invert":false}}""";

    private static ITokenModel Model(string kind, Vocabulary vocabulary) =>
        kind switch
        {
            "unigram" => new UnigramModel(vocabulary, [.. Scores(vocabulary).Select(s => (double)s)], 0, false),
            "wordpiece" => new WordPieceModel(vocabulary, "<unk>", "##", int.MaxValue),
            _ => new SentencePieceUnigram(
                vocabulary,
                Scores(vocabulary),
                new bool[vocabulary.Count],
                [.. Enumerable.Range(0, vocabulary.Count).Select(i => i > 0)],
                0,
                false,
                false
            ),
        };

    private static float[] Scores(Vocabulary vocabulary) =>
        [.. Enumerable.Range(0, vocabulary.Count).Select(i => -1f - i)];
}
