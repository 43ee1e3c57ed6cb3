using System.Text.Json.Nodes;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Small tokenizers of our own, as tokenizer.json.</summary>
internal static class TestTokenizers
{
    public const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>A byte-level model with a few merges, split by the given patterns.</summary>
    public static string ByteLevel(string[] patterns, bool nfc = false)
    {
        JsonObject vocabulary = [];
        for (int b = 0; b < 256; b++)
        {
            vocabulary[char.ToString((char)ByteAlphabet.LetterOf((byte)b))] = b;
        }

        JsonArray merges = [];
        foreach (
            string pair in (string[])
                [
                    "h e",
                    "l l",
                    "he ll",
                    "hell o",
                    "Ġ w",
                    "o r",
                    "Ġw or",
                    "a b",
                    "ab ab",
                    "Ã ©",
                    "ä ¸",
                    "ä¸ Ń",
                    "Ġ Ġ",
                    "ĠĠ ĠĠ",
                    "1 2",
                ]
        )
        {
            merges.Add(pair);
            vocabulary[pair.Replace(" ", "", StringComparison.Ordinal)] = vocabulary.Count;
        }

        JsonArray steps =
        [
            .. patterns.Select(p =>
                (JsonNode)
                    new JsonObject
                    {
                        ["type"] = "Split",
                        ["pattern"] = new JsonObject { ["Regex"] = p },
                        ["behavior"] = "Isolated",
                        ["invert"] = false,
                    }
            ),
            new JsonObject
            {
                ["type"] = "ByteLevel",
                ["add_prefix_space"] = false,
                ["trim_offsets"] = true,
                ["use_regex"] = false,
            },
        ];
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(
                Added("<|im_start|>", special: true, vocabulary.Count),
                Added("<|im_end|>", special: true, vocabulary.Count + 1),
                Added("<think>", special: false, vocabulary.Count + 2)
            ),
            ["normalizer"] = nfc ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps },
            ["decoder"] = JsonNode.Parse(
                """{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}"""
            ),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocabulary,
                ["merges"] = merges,
            },
        }.ToJsonString();
    }

    /// <summary>A sentencepiece-style model with byte fallback.</summary>
    public static string Marked()
    {
        JsonObject vocabulary = new() { ["<unk>"] = 0 };
        for (int b = 0; b < 256; b++)
        {
            vocabulary[$"<0x{b:X2}>"] = b + 1;
        }

        foreach (char c in "▁abcdehlorw中文.,")
        {
            vocabulary[c.ToString()] = vocabulary.Count;
        }

        JsonArray merges = [];
        foreach (string pair in (string[])["h e", "l l", "he ll", "hell o", "▁ w", "▁ ▁", "▁w o", "a b", "中 文"])
        {
            merges.Add(pair);
            vocabulary[pair.Replace(" ", "", StringComparison.Ordinal)] = vocabulary.Count;
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(Added("</s>", special: true, vocabulary.Count)),
            ["normalizer"] = JsonNode.Parse(
                """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"""
            ),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["fuse_unk"] = true,
                ["byte_fallback"] = true,
                ["vocab"] = vocabulary,
                ["merges"] = merges,
            },
        }.ToJsonString();
    }

    private static JsonObject Added(string content, bool special, int id) =>
        new()
        {
            ["id"] = id,
            ["content"] = content,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = special,
        };
}
