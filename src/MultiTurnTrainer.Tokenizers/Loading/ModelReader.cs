using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>
/// Reads the <c>model</c> section as a stream: vocabularies and merges have hundreds of thousands of entries. Files of
/// old have no <c>type</c>; it follows from the fields then.
/// </summary>
internal ref struct ModelReader
{
    private Utf8JsonReader _json;
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private Vocabulary? _vocabulary;
    private List<double>? _scores;
    private Vocabulary? _scored;
    private Utf8JsonReader _merges;
    private bool _hasMerges;
    private byte[] _scratch = new byte[256];

    private ModelReader(Utf8JsonReader json) => _json = json;

    /// <summary>Reads the object that the reader is at.</summary>
    /// <exception cref="TokenizerFormatException">The section is not valid.</exception>
    public static ITokenModel Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new TokenizerFormatException("model: must be an object");
        }

        ModelReader reader = new(json);
        ITokenModel model = reader.Read();
        json = reader._json;
        return model;
    }

    private ITokenModel Read()
    {
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            string name = _json.GetString()!;
            _json.Read();
            switch (name)
            {
                case "vocab" when _json.TokenType == JsonTokenType.StartObject:
                    _vocabulary = ReadVocabulary();
                    break;
                case "vocab" when _json.TokenType == JsonTokenType.StartArray:
                    ReadScores();
                    break;
                case "merges" when _json.TokenType == JsonTokenType.StartArray:
                    // The vocabulary may stand behind the merges: come back to them.
                    _merges = _json;
                    _hasMerges = true;
                    _json.Skip();
                    break;
                default:
                    _fields[name] = JsonElement.ParseValue(ref _json);
                    break;
            }
        }

        return Build();
    }

    private ITokenModel Build()
    {
        if (_fields.TryGetValue("type", out JsonElement given) && given.ValueKind == JsonValueKind.Null)
        {
            throw new TokenizerFormatException("model.type: must be a string");
        }

        string type = Text("type") ?? Infer();
        switch (type)
        {
            case "BPE":
                return BuildBpe();
            case "WordPiece":
                return new WordPieceModel(
                    NeedVocabulary(),
                    Need("unk_token"),
                    Need("continuing_subword_prefix"),
                    Number("max_input_chars_per_word") ?? throw Missing("max_input_chars_per_word")
                );
            case "WordLevel":
                return new WordLevelModel(NeedVocabulary(), Need("unk_token"));
            case "Unigram":
                return BuildUnigram();
            default:
                throw new TokenizerFormatException($"model: unknown type \"{type}\"");
        }
    }

    private readonly string Infer()
    {
        if (_scored is not null)
        {
            return "Unigram";
        }

        if (_vocabulary is not null && _hasMerges)
        {
            return "BPE";
        }

        if (_vocabulary is not null && _fields.ContainsKey("unk_token"))
        {
            return _fields.ContainsKey("continuing_subword_prefix") && _fields.ContainsKey("max_input_chars_per_word")
                ? "WordPiece"
                : "WordLevel";
        }

        throw new TokenizerFormatException("model: it has no type, and its fields fit none");
    }

    private UnigramModel BuildUnigram()
    {
        if (_scored is null)
        {
            throw Missing("vocab (a list of [token, score])");
        }

        int unknown = Number("unk_id") ?? -1;
        if (unknown >= 0 && _scores!.Count == 0)
        {
            throw new TokenizerFormatException("model: the vocabulary is empty but at least <unk> is needed");
        }

        if (unknown >= _scores!.Count)
        {
            throw new TokenizerFormatException("model: unk_id is larger than the vocabulary");
        }

        if (_fields.TryGetValue("byte_fallback", out JsonElement flag) && flag.ValueKind == JsonValueKind.Null)
        {
            throw new TokenizerFormatException("model.byte_fallback: must be true or false");
        }

        return new UnigramModel(_scored, [.. _scores], unknown, Flag("byte_fallback"));
    }

    private BpeModel BuildBpe()
    {
        if (_vocabulary is null || !_hasMerges)
        {
            throw new TokenizerFormatException("model: Missing vocab/merges");
        }

        if (
            _fields.TryGetValue("dropout", out JsonElement dropout)
            && dropout.ValueKind != JsonValueKind.Null
            && !(dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() is >= 0 and <= 1)
        )
        {
            throw new TokenizerFormatException("model.dropout: must lie between 0 and 1");
        }

        BpeOptions options = new(
            Text("unk_token"),
            Flag("fuse_unk"),
            Flag("byte_fallback"),
            Flag("ignore_merges"),
            Text("continuing_subword_prefix"),
            Text("end_of_word_suffix")
        );
        int prefixLength = System.Text.Encoding.UTF8.GetByteCount(options.Prefix ?? "");
        return new BpeModel(_vocabulary, new MergeReader(_merges, _vocabulary, prefixLength).Read(), options);
    }

    private Vocabulary ReadVocabulary()
    {
        Vocabulary vocabulary = new();
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> token = JsonBytes.Of(ref _json, ref _scratch, "model.vocab");
            // The reader's buffer is the whole file, so the token stays where it is.
            _json.Read();
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt32(out int id) || id < 0)
            {
                throw new TokenizerFormatException("model.vocab: an id is not a whole number");
            }

            vocabulary.Set(token, id);
        }

        return vocabulary;
    }

    private void ReadScores()
    {
        _scored = new Vocabulary();
        _scores = [];
        while (_json.Read() && _json.TokenType == JsonTokenType.StartArray)
        {
            if (!_json.Read() || _json.TokenType != JsonTokenType.String)
            {
                throw new TokenizerFormatException($"model.vocab[{_scores.Count}]: must be [token, score]");
            }

            _scored.Append(JsonBytes.Of(ref _json, ref _scratch, "model.vocab"), _scores.Count);
            if (!_json.Read() || _json.TokenType != JsonTokenType.Number)
            {
                throw new TokenizerFormatException($"model.vocab[{_scores.Count}]: must be [token, score]");
            }

            double score = ScoreNumber.Parse(_json.ValueSpan);
            _scores.Add(
                double.IsFinite(score)
                    ? score
                    : throw new TokenizerFormatException($"model.vocab[{_scores.Count}]: the score is out of range")
            );
            if (!_json.Read() || _json.TokenType != JsonTokenType.EndArray)
            {
                throw new TokenizerFormatException($"model.vocab[{_scores.Count - 1}]: must be [token, score]");
            }
        }

        if (_json.TokenType != JsonTokenType.EndArray)
        {
            throw new TokenizerFormatException($"model.vocab[{_scores.Count}]: must be [token, score]");
        }
    }

    private readonly Vocabulary NeedVocabulary() => _vocabulary ?? throw Missing("vocab");

    private readonly string Need(string name) => Text(name) ?? throw Missing(name);

    private readonly string? Text(string name)
    {
        if (!_fields.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new TokenizerFormatException($"model.{name}: must be a string");
    }

    private readonly bool Flag(string name)
    {
        if (!_fields.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return false;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new TokenizerFormatException($"model.{name}: must be true or false");
    }

    private readonly int? Number(string name)
    {
        if (!_fields.TryGetValue(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0
            ? (int)Math.Min(number, int.MaxValue)
            : throw new TokenizerFormatException($"model.{name}: must be a whole number");
    }

    private static TokenizerFormatException Missing(string name) => new($"model: the field \"{name}\" is missing");
}
