using MultiTurnTrainer.Tokenizers.Loading;
using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Normalizers;
using MultiTurnTrainer.Tokenizers.PreTokenizers;
using MultiTurnTrainer.Tokenizers.Regex;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Recognizes tokenizers of known make.</summary>
internal static class FastPlan
{
    /// <summary>How GPT-4's and Llama 3's tokenizer.json split texts.</summary>
    public const string Cl100kPattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The same with one digit a word.</summary>
    public static readonly string QwenPattern = Cl100kPattern.Replace("{1,3}", "", StringComparison.Ordinal);

    /// <summary>The encoder for a tokenizer's words, or null.</summary>
    public static IPieceEncoder? Find(TokenizerFile file)
    {
        if (file.Model is not BpeModel { Options: { Prefix: null or "", Suffix: null or "" } } model)
        {
            return null;
        }

        return ByteLevel(file, model) ?? Marked(file, model);
    }

    private static IPieceEncoder? ByteLevel(TokenizerFile file, BpeModel model)
    {
        List<INormalizer> normalizers = Flatten(file.Normalizer);
        bool nfc = normalizers is [FormNormalizer { IsNfc: true }];
        if ((normalizers.Count > 0 && !nfc) || ByteWordEncoder.TryCreate(model) is not { } words)
        {
            return null;
        }

        List<IPreTokenizer> steps = Flatten(file.PreTokenizer);
        if (steps.Count == 0 || steps[^1] is not ByteLevelPreTokenizer { AddPrefixSpace: false } last)
        {
            return null;
        }

        if (last.UseRegex)
        {
            return steps.Count == 1 ? new ScannedPieceEncoder<Gpt2Scanner>(model, words, nfc) : null;
        }

        string[] patterns = [.. steps.SkipLast(1).Select(PatternOf)];
        return patterns switch
        {
            [Cl100kPattern] => new ScannedPieceEncoder<Cl100kScanner<ThreeDigits>>(model, words, nfc),
            [TiktokenScanner.Pattern] => new ScannedPieceEncoder<TiktokenScanner>(model, words, nfc),
            [Gpt4o.Pattern] => new ScannedPieceEncoder<O200kScanner<Gpt4o>>(model, words, nfc),
            [Tekken.Pattern] => new ScannedPieceEncoder<O200kScanner<Tekken>>(model, words, nfc),
            [ByteLevelPreTokenizer.Pattern] => new ScannedPieceEncoder<Gpt2Scanner>(model, words, nfc),
            [var one] when one == QwenPattern => new ScannedPieceEncoder<Cl100kScanner<OneDigit>>(model, words, nfc),
            _ when patterns.SequenceEqual(DeepSeekScanner.Patterns) => new ScannedPieceEncoder<DeepSeekScanner>(
                model,
                words,
                nfc
            ),
            _ => null,
        };
    }

    private static MarkedPieceEncoder? Marked(TokenizerFile file, BpeModel model)
    {
        List<INormalizer> normalizers = Flatten(file.Normalizer);
        List<IPreTokenizer> steps = Flatten(file.PreTokenizer);
        MarkRule? rule = (normalizers, steps) switch
        {
            ([], [MetaspacePreTokenizer { Mark: 0x2581, SplitsWords: false } metaspace]) => metaspace.Scheme switch
            {
                PrependScheme.Never => MarkRule.Never,
                PrependScheme.Always => MarkRule.Missing,
                _ => MarkRule.MissingAtStart,
            },
            // The normalizer changes the text that normalized added tokens are looked for in.
            _ when file.Added.Normalized is not null => null,
            ([SentencePieceNormalizer { OnlyMarks: true } pieces], []) => pieces.Spaces.Dummy switch
            {
                DummyMark.None => MarkRule.Never,
                DummyMark.Before => MarkRule.Always,
                DummyMark.BeforeFirst => MarkRule.MissingAtStart,
                _ => null,
            },
            ([PrependNormalizer { IsMark: true }, ReplaceNormalizer { IsSpaceToMark: true }], []) => MarkRule.Always,
            ([ReplaceNormalizer { IsSpaceToMark: true }], []) => MarkRule.Never,
            // Spaces are gone by then: the split never fires.
            ([ReplaceNormalizer { IsSpaceToMark: true }], [SplitPreTokenizer { Invert: false } split])
                when split.Pattern is LiteralPattern { IsSpace: true } => MarkRule.Never,
            _ => null,
        };
        return rule is { } found ? MarkedPieceEncoder.TryCreate(model, found) : null;
    }

    private static List<INormalizer> Flatten(INormalizer? normalizer) =>
        normalizer switch
        {
            null => [],
            SequenceNormalizer sequence => [.. sequence.Steps.SelectMany(Flatten)],
            _ => [normalizer],
        };

    private static List<IPreTokenizer> Flatten(IPreTokenizer? step) =>
        step switch
        {
            null => [],
            SequencePreTokenizer sequence => [.. sequence.Steps.SelectMany(Flatten)],
            _ => [step],
        };

    // These patterns match everything, so keeping only the matches is the same as isolating them.
    private static string PatternOf(IPreTokenizer step) =>
        step is SplitPreTokenizer { Pattern: OnigRegex regex } split
        && (
            (split.Behavior == SplitBehavior.Isolated && !split.Invert)
            || (split.Behavior == SplitBehavior.Removed && split.Invert && IsTotal(regex.Pattern))
        )
            ? regex.Pattern
            : "";

    private static bool IsTotal(string pattern) =>
        pattern is Cl100kPattern or Gpt4o.Pattern or ByteLevelPreTokenizer.Pattern || pattern == QwenPattern;
}
