namespace MultiTurnTrainer.Models.Gguf;

/// <summary>A file's tokenizer as the files of a HuggingFace folder.</summary>
internal static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    // Kinds of tokens, which are SentencePiece's.
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;
    private const int Byte = 6;

    private static readonly (string Key, string Name)[] _named =
    [
        ("bos_token_id", "bos_token"),
        ("eos_token_id", "eos_token"),
        ("unknown_token_id", "unk_token"),
        ("padding_token_id", "pad_token"),
    ];

    /// <summary>The files by name; none where the file has no tokenizer.</summary>
    /// <exception cref="MttException">A kind of tokenizer, or a way to split a text, that mtt does not know.</exception>
    public static IEnumerable<(string Name, byte[] Bytes)> Write(GgufMetadata metadata)
    {
        string? model = metadata.Text(Prefix + "model");
        if (model is null or "no_vocab")
        {
            yield break;
        }

        bool sentencePiece = model switch
        {
            "llama" => true,
            "gpt2" => false,
            _ => throw metadata.Unsupported(Prefix + "model", "gpt2, llama"),
        };
        yield return sentencePiece
            ? ("tokenizer.model", WriteSentencePiece(metadata))
            : ("tokenizer.json", WriteBytePairs(metadata));
        yield return ("tokenizer_config.json", Bytes(WriteConfig(metadata, sentencePiece)));
        if (metadata.Text("tokenizer.chat_template") is { } template)
        {
            yield return ("chat_template.jinja", Encoding.UTF8.GetBytes(template));
        }
    }

    private static JsonObject WriteConfig(GgufMetadata metadata, bool sentencePiece)
    {
        string[] tokens = metadata.RequireList<string>(Prefix + "tokens");
        JsonObject config = new()
        {
            ["add_bos_token"] = AddsBos(metadata, sentencePiece),
            ["add_eos_token"] = metadata.Flag(Prefix + "add_eos_token") ?? false,
            ["clean_up_tokenization_spaces"] = false,
            ["tokenizer_class"] = sentencePiece ? "LlamaTokenizer" : "PreTrainedTokenizerFast",
        };
        foreach ((string key, string name) in _named)
        {
            if (Id(metadata, key, tokens.Length) is { } id)
            {
                config[name] = tokens[id];
            }
        }

        return config;
    }

    private static bool AddsBos(GgufMetadata metadata, bool sentencePiece) =>
        metadata.Flag(Prefix + "add_bos_token") ?? (sentencePiece || metadata.Text(Prefix + "pre") == "llama-bpe");

    private static int? Id(GgufMetadata metadata, string key, int tokens) =>
        metadata.Number(Prefix + key) is not { } id ? null
        : id >= 0 && id < tokens ? (int)id
        : throw metadata.Unsupported(Prefix + key, $"ids below {tokens}");

    private static byte[] WriteBytePairs(GgufMetadata metadata)
    {
        string[] tokens = metadata.RequireList<string>(Prefix + "tokens");
        int[] kinds = Kinds(metadata, tokens.Length);
        string pre = metadata.Text(Prefix + "pre") is { } given and not "default" ? given : "gpt-2";
        JsonObject splitting =
            PreTokenizers.Find(pre)
            ?? throw metadata.Unsupported(Prefix + "pre", string.Join(", ", PreTokenizers.Names));
        JsonObject vocabulary = [];
        JsonArray added = [];
        for (int id = 0; id < tokens.Length; id++)
        {
            if (!vocabulary.TryAdd(tokens[id], id))
            {
                throw metadata.Unsupported(Prefix + "tokens", $"each token once; '{tokens[id]}' is there twice");
            }

            if (kinds[id] is Control or UserDefined)
            {
                added.Add(Added(id, tokens[id], kinds[id] == Control));
            }
        }

        string? begin =
            AddsBos(metadata, false) && Id(metadata, "bos_token_id", tokens.Length) is { } bos ? tokens[bos] : null;
        JsonArray merges =
        [
            .. metadata
                .RequireList<string>(Prefix + "merges")
                .Select(merge => new JsonArray([.. merge.Split(' ', 2).Select(part => JsonValue.Create(part))])),
        ];
        return Bytes(
            new JsonObject
            {
                ["version"] = "1.0",
                ["added_tokens"] = added,
                ["normalizer"] = pre == "qwen2" ? new JsonObject { ["type"] = "NFC" } : null,
                ["pre_tokenizer"] = splitting,
                ["post_processor"] = begin is null ? null : Template(begin, Array.IndexOf(tokens, begin)),
                ["decoder"] = new JsonObject
                {
                    ["type"] = "ByteLevel",
                    ["add_prefix_space"] = true,
                    ["trim_offsets"] = true,
                    ["use_regex"] = true,
                },
                ["model"] = new JsonObject
                {
                    ["type"] = "BPE",
                    ["fuse_unk"] = false,
                    ["byte_fallback"] = false,
                    ["ignore_merges"] = pre is "llama-bpe" or "tekken",
                    ["vocab"] = vocabulary,
                    ["merges"] = merges,
                },
            }
        );
    }

    private static int[] Kinds(GgufMetadata metadata, int tokens)
    {
        int[] kinds = metadata.List<int>(Prefix + "token_type") ?? [.. Enumerable.Repeat(1, tokens)];
        return kinds.Length == tokens
            ? kinds
            : throw metadata.Unsupported(Prefix + "token_type", $"one kind for each of the {tokens} tokens");
    }

    private static JsonObject Added(int id, string token, bool special) =>
        new()
        {
            ["id"] = id,
            ["content"] = token,
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = special,
        };

    private static JsonObject Template(string token, int id) =>
        new()
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Special(token, 0), Sequence("A", 0)),
            ["pair"] = new JsonArray(Special(token, 0), Sequence("A", 0), Special(token, 1), Sequence("B", 1)),
            ["special_tokens"] = new JsonObject
            {
                [token] = new JsonObject
                {
                    ["id"] = token,
                    ["ids"] = new JsonArray(id),
                    ["tokens"] = new JsonArray(token),
                },
            },
        };

    private static JsonObject Special(string token, int type) =>
        new()
        {
            ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type },
        };

    private static JsonObject Sequence(string name, int type) =>
        new()
        {
            ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type },
        };

    /// <summary>A SentencePiece model, as protobuf: pieces, what the trainer was told, how a text is prepared.</summary>
    private static byte[] WriteSentencePiece(GgufMetadata metadata)
    {
        string[] tokens = metadata.RequireList<string>(Prefix + "tokens");
        float[] scores = metadata.RequireList<float>(Prefix + "scores");
        int[] kinds = Kinds(metadata, tokens.Length);
        if (scores.Length != tokens.Length)
        {
            throw metadata.Unsupported(Prefix + "scores", $"one score for each of the {tokens.Length} tokens");
        }

        ProtoWriter model = new();
        for (int id = 0; id < tokens.Length; id++)
        {
            // An unused piece is never made of a text, and nor is a control piece.
            int kind = kinds[id] == Unused ? Control : kinds[id];
            ProtoWriter piece = new ProtoWriter().Text(1, tokens[id]).Single(2, scores[id]).Number(3, kind);
            model.Message(1, piece);
        }

        const int pairs = 2;
        bool prefix = metadata.Flag(Prefix + "add_space_prefix") ?? true;
        model.Message(2, new ProtoWriter().Number(3, pairs).Number(35, kinds.Contains(Byte) ? 1 : 0));
        model.Message(3, new ProtoWriter().Number(3, prefix ? 1 : 0).Number(4, 0).Number(5, 1));
        return model.ToArray();
    }

    private static byte[] Bytes(JsonObject json) =>
        JsonSerializer.SerializeToUtf8Bytes<JsonNode>(json, JsonText.Indented);
}
