namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// What llama.cpp's names for splitting a text before byte-level BPE (<c>tokenizer.ggml.pre</c>) mean in a <c>tokenizer.json</c>. The
/// patterns are those of the models' own tokenizers.
/// </summary>
internal static class PreTokenizers
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Rest = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]";
    private const string Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]";

    private static readonly Dictionary<string, Func<JsonObject>> _known = new(StringComparer.Ordinal)
    {
        ["gpt-2"] = () => ByteLevel(useRegex: true),
        ["smollm"] = () =>
            Sequence(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, ByteLevel(useRegex: true)),
        ["llama-bpe"] = () => Split($@"{Contractions}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}{Rest}"),
        ["qwen2"] = () => Split($@"{Contractions}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{Rest}"),
        ["gpt-4o"] = () =>
            Split(
                $@"[^\r\n\p{{L}}\p{{N}}]?{Upper}*{Lower}+{Contractions}?|[^\r\n\p{{L}}\p{{N}}]?{Upper}+{Lower}*{Contractions}?"
                    + @"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            ),
        ["tekken"] = () =>
            Split(
                $@"[^\r\n\p{{L}}\p{{N}}]?{Upper}*{Lower}+|[^\r\n\p{{L}}\p{{N}}]?{Upper}+{Lower}*"
                    + @"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            ),
    };

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => _known.Keys;

    /// <summary>The pre-tokenizer of a name; null where mtt does not know it.</summary>
    public static JsonObject? Find(string name) => _known.GetValueOrDefault(name)?.Invoke();

    /// <summary>The name of a pre-tokenizer that stands in a tokenizer.json; null where llama.cpp has none that mtt knows.</summary>
    public static string? NameOf(JsonNode? preTokenizer) =>
        _known.FirstOrDefault(pair => JsonNode.DeepEquals(Essence(pair.Value()), Essence(preTokenizer))).Key;

    // Where offsets begin changes no token.
    private static JsonNode? Essence(JsonNode? node)
    {
        if (node?.DeepClone() is not JsonObject copy)
        {
            return null;
        }

        copy.Remove("trim_offsets");
        if (copy["pretokenizers"] is JsonArray parts)
        {
            copy["pretokenizers"] = new JsonArray([.. parts.Select(Essence)]);
        }

        return copy;
    }

    private static JsonObject Split(string pattern) =>
        Sequence(
            new JsonObject
            {
                ["type"] = "Split",
                ["pattern"] = new JsonObject { ["Regex"] = pattern },
                ["behavior"] = "Isolated",
                ["invert"] = false,
            },
            ByteLevel(useRegex: false)
        );

    private static JsonObject Sequence(params JsonNode[] parts) =>
        new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray([.. parts]) };

    private static JsonObject ByteLevel(bool useRegex) =>
        new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = useRegex,
        };
}
