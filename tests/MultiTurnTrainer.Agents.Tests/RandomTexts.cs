using System.Text;

namespace MultiTurnTrainer.Agents.Tests;

/// <summary>Random texts of words, whitespace, many scripts and control tokens; the same in every run.</summary>
internal static class RandomTexts
{
    private static readonly string[] _fragments =
    [
        "hello",
        " world",
        "Hello, World!",
        "don't",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "12345",
        " 3.14",
        "é",
        "e\u0301",
        "中文",
        "カナ",
        "한국어",
        "Привет",
        "مرحبا",
        "😀",
        "👩‍👩‍👧",
        "𝐀",
        "\u00a0",
        "camelCase",
        "snake_case",
        "{\"a\": 1}",
        "//",
        "...",
        "</s>",
        "<|im_start|>",
        "<|endoftext|>",
    ];

    /// <summary>So many texts.</summary>
    public static IEnumerable<string> Take(int count)
    {
        Random random = new(20261128);
        for (int i = 0; i < count; i++)
        {
            StringBuilder text = new();
            for (int parts = random.Next(1, 16); parts > 0; parts--)
            {
                text.Append(
                    random.Next(8) > 0
                        ? _fragments[random.Next(_fragments.Length)]
                        : new Rune(
                            random.Next(2) == 0 ? random.Next(1, 0xD800) : random.Next(0xE000, 0x20000)
                        ).ToString()
                );
            }

            yield return text.ToString();
        }
    }
}
