using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Texts that are hard on tokenizers.</summary>
internal static class TestTexts
{
    private static readonly string[] Fragments =
    [
        "hello",
        " world",
        "  ",
        "    ",
        "\n",
        "\r\n",
        "\t",
        " \n ",
        "'s",
        "'LL",
        "'ſ",
        "don't",
        "12345",
        "٣٤",
        "½",
        "é",
        "e\u0301",
        "中文",
        "カナ",
        "ー",
        "한국",
        "Привет",
        "HTTPServer",
        "camelCase",
        "ǅ",
        "ʰ",
        "😀",
        "\u200d",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\u0085",
        "...",
        "/",
        "//\n",
        "!?",
        "_",
        "$",
        "+",
        "\0",
        "\u0301",
        "ab",
        "abab",
        "h",
        "x",
        "<|im_start|>",
        "<think>",
        "</s>",
        "<0x0A>",
        "▁",
        "▁▁",
        "\U0001D400",
        "\u0378",
        "\uFFFD",
        "(a",
        "#b",
        ".c",
    ];

    /// <summary>Texts made of the fragments and of single scalars.</summary>
    public static Arbitrary<string> Arbitrary()
    {
        Gen<string> scalar = Gen.Choose(0, 0x1FFFF)
            .Select(c => c is >= 0xD800 and <= 0xDFFF ? "\uFFFD" : new Rune(c).ToString());
        Gen<string> part = Gen.Frequency((9, Gen.Elements(Fragments)), (1, scalar));
        return part.ListOf().Select(parts => string.Concat(parts)).ToArbitrary();
    }
}
