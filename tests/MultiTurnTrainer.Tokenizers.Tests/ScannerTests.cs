using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Tokenizers.Fast;
using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;
using MultiTurnTrainer.Unicode;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Hand-written scanners against the patterns they stand for, run by the regex engine.</summary>
public sealed class ScannerTests
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(3000);

    [Fact]
    public void Gpt2Scanner_AnyText_CutsLikeItsPattern() => Check<Gpt2Scanner>([TestTokenizers.Gpt2Pattern]);

    [Fact]
    public void Cl100kScanner_AnyText_CutsLikeItsPattern() =>
        Check<Cl100kScanner<ThreeDigits>>([TestTokenizers.Llama3Pattern]);

    [Fact]
    public void QwenScanner_AnyText_CutsLikeItsPattern() =>
        Check<Cl100kScanner<OneDigit>>([TestTokenizers.Llama3Pattern.Replace("{1,3}", "", StringComparison.Ordinal)]);

    [Fact]
    public void O200kScanner_AnyText_CutsLikeItsPattern() => Check<O200kScanner<Gpt4o>>([Gpt4o.Pattern]);

    [Fact]
    public void TekkenScanner_AnyText_CutsLikeItsPattern() => Check<O200kScanner<Tekken>>([Tekken.Pattern]);

    [Fact]
    public void TiktokenScanner_AnyText_CutsLikeItsPattern() => Check<TiktokenScanner>([TiktokenScanner.Pattern]);

    [Fact]
    public void DeepSeekScanner_AnyText_CutsLikeItsPatterns() => Check<DeepSeekScanner>(DeepSeekScanner.Patterns);

    private static void Check<TScanner>(string[] patterns)
        where TScanner : struct, IWordScanner
    {
        OnigRegex[] regexes = [.. patterns.Select(p => new OnigRegex(p))];
        Prop.ForAll(
                TestTexts.Arbitrary(),
                text =>
                {
                    byte[] bytes = Utf8.GetBytes(text);
                    return Scan<TScanner>(bytes).SequenceEqual(Split(regexes, bytes));
                }
            )
            .Check(Config);
    }

    private static List<int> Scan<TScanner>(byte[] text)
        where TScanner : struct, IWordScanner
    {
        List<int> ends = [];
        ref byte first = ref MemoryMarshal.GetArrayDataReference(text);
        for (int at = 0; at < text.Length; )
        {
            int part = TScanner.PartEnd(ref first, text.Length, at);
            while (at < part)
            {
                at = TScanner.WordEnd(ref first, part, at);
                ends.Add(at);
            }
        }

        return ends;
    }

    // Splits by the first pattern, then every part by the second, and so on.
    private static List<int> Split(OnigRegex[] regexes, byte[] text)
    {
        List<int> ends = text.Length > 0 ? [text.Length] : [];
        foreach (OnigRegex regex in regexes)
        {
            List<int> finer = [];
            int start = 0;
            foreach (int end in ends)
            {
                List<TextMatch> matches = [];
                PatternMatches.Find(regex, text.AsSpan(start, end - start), start, matches);
                finer.AddRange(matches.Select(m => m.End));
                start = end;
            }

            ends = finer;
        }

        return ends;
    }
}
