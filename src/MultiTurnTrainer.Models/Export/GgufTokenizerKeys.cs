using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Export;

/// <summary>A folder's tokenizer and chat template as GGUF's metadata.</summary>
internal static class GgufTokenizerKeys
{
    private const string Prefix = "tokenizer.ggml.";
    private const int Normal = 1;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;

    /// <summary>The keys; none where the folder has no tokenizer at all.</summary>
    /// <exception cref="MttException">llama.cpp has no name for how it splits texts, or it is of another kind.</exception>
    public static IEnumerable<KeyValuePair<string, object>> Write(string folder, int vocabulary)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        string pieces = Path.Combine(folder, "tokenizer.model");
        try
        {
            return File.Exists(path) ? WriteBytePairs(folder, path, vocabulary)
                : File.Exists(pieces) ? WritePieces(folder, pieces, vocabulary)
                : CompanionFiles.ListTokenizer(folder).Any()
                    ? throw Refuse(
                        folder,
                        "has neither tokenizer.json nor tokenizer.model, the forms that are exported"
                    )
                : [];
        }
        catch (Exception problem)
            when (problem is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new MttException(
                $"{folder}: its tokenizer's files are not what they should be ({problem.Message})",
                "Take tokenizer.json, tokenizer_config.json and tokenizer.model from the model's own repository again.",
                problem
            );
        }
    }

    private static List<KeyValuePair<string, object>> WritePieces(string folder, string path, int vocabulary)
    {
        SentencePieceKeys model = SentencePieceKeys.Read(path);
        if (model.Tokens.Count > vocabulary)
        {
            throw Refuse(path, $"has {model.Tokens.Count} pieces, and the model {vocabulary} tokens");
        }

        for (int id = model.Tokens.Count; id < vocabulary; id++)
        {
            model.Tokens.Add($"[PAD{id}]");
            model.Scores.Add(-1000);
            model.Kinds.Add(Unused);
        }

        List<KeyValuePair<string, object>> keys = [];
        Add("model", "llama");
        Add("pre", "default");
        Add("tokens", model.Tokens.ToArray());
        Add("scores", model.Scores.ToArray());
        Add("token_type", model.Kinds.ToArray());
        AddIds(folder, [.. model.Tokens], Add);
        JsonNode? config = ReadConfig(folder);
        Add("add_bos_token", (bool?)config?["add_bos_token"] ?? true);
        Add("add_eos_token", (bool?)config?["add_eos_token"] ?? false);
        Add("add_space_prefix", model.AddsPrefix);
        AddTemplate(folder, keys);
        return keys;

        void Add(string key, object value) => keys.Add(KeyValuePair.Create(Prefix + key, value));
    }

    private static List<KeyValuePair<string, object>> WriteBytePairs(string folder, string path, int vocabulary)
    {
        JsonNode json = JsonNode.Parse(InputFile.ReadBytes(path))!;
        string pre =
            (string?)json["model"]!["type"] == "BPE" && PreTokenizers.NameOf(json["pre_tokenizer"]) is { } known
                ? known
                : throw Refuse(path, "splits texts in a way that llama.cpp has no name for, or none that mtt knows");
        (string[] tokens, int[] kinds) = Tokens(json, path, vocabulary);
        List<KeyValuePair<string, object>> keys = [];
        Add("model", "gpt2");
        Add("pre", pre);
        Add("tokens", tokens);
        Add("token_type", kinds);
        Add("merges", json["model"]!["merges"]!.AsArray().Select(Merge).ToArray());
        AddIds(folder, tokens, Add);
        Add("add_bos_token", json["post_processor"]?["single"]?[0]?["SpecialToken"] is not null);
        AddTemplate(folder, keys);
        return keys;

        void Add(string key, object value) => keys.Add(KeyValuePair.Create(Prefix + key, value));
    }

    private static (string[] Tokens, int[] Kinds) Tokens(JsonNode json, string path, int vocabulary)
    {
        string[] tokens = [.. Enumerable.Range(0, vocabulary).Select(id => $"[PAD{id}]")];
        int[] kinds = [.. Enumerable.Repeat(Unused, vocabulary)];
        foreach ((string token, JsonNode? id) in json["model"]!["vocab"]!.AsObject())
        {
            Set((int)id!, token, Normal);
        }

        foreach (JsonNode? added in json["added_tokens"]?.AsArray() ?? [])
        {
            string token = (string)added!["content"]!;
            Set((int)added["id"]!, token, (bool)added["special"]! || LooksSpecial(token) ? Control : UserDefined);
        }

        return (tokens, kinds);

        void Set(int id, string token, int kind)
        {
            if (id < 0 || id >= vocabulary)
            {
                throw Refuse(path, $"has the token '{token}' with id {id}, and the model has {vocabulary} tokens");
            }

            (tokens[id], kinds[id]) = (token, kind);
        }
    }

    private static bool LooksSpecial(string token) =>
        token is ['<', '|', .., '|', '>'] or ['<', '｜', .., '｜', '>'] or "<pad>";

    private static string Merge(JsonNode? merge) =>
        merge is JsonArray pair ? $"{(string?)pair[0]} {(string?)pair[1]}" : (string)merge!;

    // The end of a turn is what ends an answer, or llama.cpp's chats would never end.
    private static void AddIds(string folder, string[] tokens, Action<string, object> add)
    {
        JsonNode? config = ReadConfig(folder);
        if (Find("bos_token") is { } bos)
        {
            add("bos_token_id", bos);
        }

        uint[] ends = [.. GenerationConfig.ReadFolder(folder).EosTokenIds.Select(id => (uint)id)];
        uint? end = Find("eos_token") is { } own && (ends.Length == 0 || ends.Contains(own)) ? own : null;
        if ((end ?? (ends.Length > 0 ? ends[0] : null)) is { } first)
        {
            add("eos_token_id", first);
            if (ends.FirstOrDefault(id => id != first) is > 0 and var turn)
            {
                add("eot_token_id", turn);
            }
        }

        if (Find("unk_token") is { } unknown)
        {
            add("unknown_token_id", unknown);
        }

        if (Find("pad_token") is { } pad)
        {
            add("padding_token_id", pad);
        }

        uint? Find(string name) =>
            (config?[name] is JsonObject token ? (string?)token["content"] : (string?)config?[name]) is { } text
            && Array.IndexOf(tokens, text) is >= 0 and var id
                ? (uint)id
                : null;
    }

    private static JsonNode? ReadConfig(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        return File.Exists(path) ? JsonNode.Parse(InputFile.ReadBytes(path)) : null;
    }

    private static void AddTemplate(string folder, List<KeyValuePair<string, object>> keys)
    {
        string own = Path.Combine(folder, CompanionFiles.ChatTemplate);
        string? template = File.Exists(own)
            ? InputFile.ReadText(own, "Take it from the model's own repository.")
            : (string?)(ReadConfig(folder)?["chat_template"] as JsonValue);
        if (template is not null)
        {
            keys.Add(KeyValuePair.Create<string, object>("tokenizer.chat_template", template));
        }
    }

    private static MttException Refuse(string path, string what) =>
        new(
            $"{path}: {what}",
            $"Tokenizers that are exported: byte-level BPE split as {string.Join(", ", PreTokenizers.Names)}. Otherwise use llama.cpp's own converter."
        );
}
