using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;
using MultiTurnTrainer.Unicode;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Where Oniguruma differs from the engines one knows.</summary>
public sealed class OnigRegexTests
{
    [Theory]
    [InlineData(@"\d{1,3}+", "1234567", "1234567")] // repeats the group: not possessive
    [InlineData(@"a++b", "aaab", "aaab")]
    [InlineData(@"(?i:'s)", "it'ſ", "'ſ")]
    [InlineData(@"(?i)k", "\u212A", "\u212A")]
    [InlineData(@"\p{L}+", "\U0001D400\U00010400!", "\U0001D400\U00010400")] // scalars, not UTF-16 units
    [InlineData(@"\s+(?!\S)", "a   b", "  ")]
    [InlineData(@"[a-z&&[^aeiou]]+", "aeixyz", "xyz")]
    [InlineData(@"a{,2}b", "aaab", "aab")]
    [InlineData(@"a{x", "a{x", "a{x")]
    [InlineData(@"^b", "a\nb", "b")] // lines, always
    [InlineData(@".+", "a\nb", "a|b")]
    [InlineData(@"(?m:.+)", "a\nb", "a\nb")]
    [InlineData(@"(?<x>a)\k<x>", "aab", "aa")]
    [InlineData(@"(?<=a)b|(?<!a)c", "abcac", "b|c")]
    [InlineData(@"(?>a+)ab", "aaab", "")]
    [InlineData(@"\h+", "xyzBEEF", "BEEF")] // hexadecimal digits, not blanks
    [InlineData(@"[\p{L}--a]", "-", "-")]
    [InlineData(@"a(?i)b|c", "aB aC a", "aB|aC")] // the option opens a group
    [InlineData("(?i)ss", "aßSSẞsSx", "ß|SS|ẞ|sS")] // one letter that equals two
    [InlineData("(?i)straße|ﬀ", "STRASSE ff straẞe", "STRASSE|ff|straẞe")]
    [InlineData("(?i)ffi", "ffi ﬃ ﬀi fﬁ", "ffi|ﬃ")]
    [InlineData("(?i)sss", "sßs ßs", "ßs|ßs")]
    [InlineData("(?i)[ßx]y", "ssy ßy Xy sy", "ssy|ßy|Xy")]
    [InlineData("(?i)[^ß]", "s", "s")]
    public void TryFind_Traps_MatchLikeOniguruma(string pattern, string text, string expected)
    {
        byte[] bytes = Utf8.GetBytes(text);
        List<TextMatch> matches = [];
        PatternMatches.Find(new OnigRegex(pattern), bytes, 0, matches);
        Assert.Equal(
            expected,
            string.Join('|', matches.Where(m => m.IsMatch).Select(m => Utf8.GetString(bytes.AsSpan(m.Start..m.End))))
        );
    }

    [Theory]
    [InlineData("(")]
    [InlineData("a)")]
    [InlineData("[a")]
    [InlineData("[]")]
    [InlineData("*a")]
    [InlineData("a{2,1}")]
    [InlineData(@"\p{Nope}")]
    [InlineData("(?<n")]
    [InlineData("[z-a]")]
    [InlineData(@"\")]
    public void Constructor_BadPattern_SaysWhy(string pattern)
    {
        RegexSyntaxException problem = Assert.Throws<RegexSyntaxException>(() => new OnigRegex(pattern));
        Assert.Contains("character", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("(?i)")]
    public void Constructor_NestedTooDeep_IsRefused(string open)
    {
        string pattern = string.Concat(Enumerable.Repeat(open, 200_000));
        RegexSyntaxException problem = Assert.Throws<RegexSyntaxException>(() => new OnigRegex(pattern));
        Assert.Equal("too deep nest level", problem.Message);
    }

    [Fact]
    public void Constructor_NothingRepeatedOften_IsFast() =>
        Assert.True(new OnigRegex("(?:(?:){100000}){100000}a").TryFind("a"u8, 0, out int _, out int _));
}
