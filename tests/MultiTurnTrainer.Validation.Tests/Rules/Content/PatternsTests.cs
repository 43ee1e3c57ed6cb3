using System.Text;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Tests.Rules.Content;

public class PatternsTests
{
    [Theory]
    [InlineData("call +49 30 1234 5678 now", "+4***********")]
    [InlineData("call +49 30 1234 5678 2020-2021", "+4***********")]
    [InlineData("(+1-212-736-5000)", "+1**********")]
    [InlineData("212-736-5000", "2*********")]
    [InlineData("at (212) 736-5000.", "2*********")]
    [InlineData("ring 212 736-5000", "2*********")]
    public void Phone_Number_IsFoundAndMasked(string text, string masked) =>
        Assert.Equal($"the telephone number {masked}", Patterns.Phone(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("212-555-0142")]
    [InlineData("1 + 12345678 - 555-1234")]
    [InlineData("a+12345678")]
    [InlineData("+1234567890123456")]
    [InlineData("2021-123-4567")]
    [InlineData("ISBN 978-0-306-40615-7")]
    [InlineData("212-736-5000-11")]
    [InlineData("in 2019-2020")]
    [InlineData("+1")]
    [InlineData("-")]
    public void Phone_OtherNumbers_AreLeft(string text) => Assert.Null(Patterns.Phone(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("key: sk-abcdefghijklmnopqrstuvwx", "an API key, sk-***")]
    [InlineData("hf_ is short, hf_abcdefghijklmnopqrstuvwxyzabcdefgh is not", "a Hugging Face token, hf_***")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "an AWS key, AKIA***")]
    [InlineData("AIzaSyA1234567890abcdefghijklmnopqrstuvw", "a Google key, AIza***")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "a JSON web token, eyJ***")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----", "a private key, -----BEGIN ***")]
    public void Secret_Key_IsFoundAndMasked(string text, string masked) =>
        Assert.Equal(masked, Patterns.Secret(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("sk-")]
    [InlineData("AKIA")]
    [InlineData("ASIA")]
    [InlineData("ghp_")]
    [InlineData("gho_")]
    [InlineData("ghs_")]
    [InlineData("github_pat_")]
    [InlineData("hf_")]
    [InlineData("glpat-")]
    [InlineData("xoxb-")]
    [InlineData("xoxp-")]
    [InlineData("sk_live_")]
    [InlineData("AIza")]
    [InlineData("eyJ")]
    [InlineData("-----BEGIN ")]
    public void Secret_OfEveryKind_HasItsMark(string prefix)
    {
        string rest = prefix switch
        {
            "eyJ" => $"{new string('x', 20)}.{new string('x', 20)}.x",
            "-----BEGIN " => "PRIVATE KEY-----",
            _ => new string('x', 40),
        };
        Assert.NotNull(Patterns.Secret(Encoding.UTF8.GetBytes(prefix + rest)));
        Assert.NotEqual(TextMarks.None, TextMarking.Of(Encoding.UTF8.GetBytes(prefix)) & TextMarks.Key);
    }

    [Theory]
    [InlineData("a@b.c", (int)TextMarks.At)]
    [InlineData("+49", (int)TextMarks.Number)]
    [InlineData("2-34", (int)TextMarks.Number)]
    [InlineData("a {{b}}", (int)TextMarks.Braces)]
    [InlineData("\uFFFD", (int)TextMarks.ReplacementOrThink)]
    [InlineData("</think>", (int)(TextMarks.ReplacementOrThink | TextMarks.Control))]
    [InlineData("[INST]", (int)TextMarks.Control)]
    [InlineData("<|user|>", (int)TextMarks.Control)]
    [InlineData("the quick brown fox - jumps, over a < b (c)", (int)TextMarks.None)]
    public void Of_AText_IsWhatItHoldsAtAnyPlace(string text, int marks)
    {
        for (int before = 0; before < 40; before++)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes($"{new string('a', before)} {text}");
            Assert.Equal((TextMarks)marks, TextMarking.Of(utf8));
            Assert.Equal((TextMarks)marks, TextMarking.Of([.. utf8, .. new byte[before]]));
        }
    }

    [Theory]
    [InlineData("a task-abcdefghijklmnopqrstuvwxyz")]
    [InlineData("sk-learn")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9 alone")]
    [InlineData("-----BEGIN CERTIFICATE-----")]
    public void Secret_OtherWords_AreLeft(string text) => Assert.Null(Patterns.Secret(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Find_WordsThatBeginAlike_GivesTheLongest()
    {
        TextSearch search = new(["<|end|>", "<|end|>x", "[INST]"]);
        Assert.Equal(("<|end|>x", 3), search.Find("an <|end|>x"u8));
        Assert.Equal(("[INST]", 1), search.Find("<[INST]"u8));
        Assert.Null(search.Find("<|end| [INST"u8));
    }

    [Fact]
    public void Find_AnyText_FindsWhatIsThere()
    {
        string[] words = ["sk-", "ghp_", "<|end|>", "[INST]", "é<"];
        TextSearch search = new(words);
        Random random = new(1);
        const string letters = "skghp_-<|end>[INST] é";
        for (int round = 0; round < 20_000; round++)
        {
            string text = string.Concat(
                Enumerable.Range(0, random.Next(60)).Select(_ => letters[random.Next(letters.Length)])
            );
            text =
                random.Next(2) == 0
                    ? text
                    : text.Insert(random.Next(text.Length + 1), words[random.Next(words.Length)]);
            bool isThere = words.Any(word => text.Contains(word, StringComparison.Ordinal));
            byte[] utf8 = Encoding.UTF8.GetBytes(text);
            Assert.Equal(isThere, search.Find(utf8) is not null);
            Assert.True(
                search.Find(utf8) is not var (word, at)
                    || Encoding.UTF8.GetString(utf8[at..]).StartsWith(word, StringComparison.Ordinal)
            );
        }
    }
}
