using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>Reads the <c>merges</c> of a BPE model: a list of <c>"a b"</c> or of <c>["a", "b"]</c>.</summary>
internal ref struct MergeReader
{
    private readonly Vocabulary _vocabulary;
    private readonly int _prefixLength;
    private Utf8JsonReader _json;
    private byte[] _scratch = new byte[256];
    private byte[] _joined = new byte[512];
    private readonly List<(int Left, int Right, int Id)> _merges;

    public MergeReader(Utf8JsonReader json, Vocabulary vocabulary, int prefixLength)
    {
        _json = json;
        _vocabulary = vocabulary;
        _prefixLength = prefixLength;
        _merges = new List<(int, int, int)>(vocabulary.Count * 2);
    }

    /// <summary>The table.</summary>
    /// <exception cref="TokenizerFormatException">A merge is not two tokens, or one of them is unknown.</exception>
    public MergeTable Read()
    {
        JsonTokenType kind = JsonTokenType.None;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            if (kind == JsonTokenType.None)
            {
                kind = _json.TokenType;
            }
            else if (kind != _json.TokenType)
            {
                throw Bad("all merges must be written alike");
            }

            if (kind == JsonTokenType.String)
            {
                ReadLine();
            }
            else if (kind == JsonTokenType.StartArray)
            {
                ReadPair();
            }
            else
            {
                throw Bad("must be \"a b\" or [\"a\", \"b\"]");
            }
        }

        return new MergeTable(CollectionsMarshal.AsSpan(_merges));
    }

    private void ReadLine()
    {
        ReadOnlySpan<byte> line = JsonBytes.Of(ref _json, ref _scratch, "model.merges");
        if (line.StartsWith("#version"u8))
        {
            return;
        }

        int space = line.IndexOf((byte)' ');
        if (space < 0 || line[(space + 1)..].Contains((byte)' '))
        {
            throw Bad("must be two tokens with one space between them");
        }

        Reserve(line.Length);
        line[..space].CopyTo(_joined);
        Add(line[..space], line[(space + 1)..]);
    }

    private void ReadPair()
    {
        if (!_json.Read() || _json.TokenType != JsonTokenType.String)
        {
            throw Bad("must be [\"a\", \"b\"]");
        }

        ReadOnlySpan<byte> left = JsonBytes.Of(ref _json, ref _scratch, "model.merges");
        Reserve(left.Length);
        left.CopyTo(_joined);
        int length = left.Length;
        if (!_json.Read() || _json.TokenType != JsonTokenType.String)
        {
            throw Bad("must be [\"a\", \"b\"]");
        }

        ReadOnlySpan<byte> right = JsonBytes.Of(ref _json, ref _scratch, "model.merges");
        Reserve(length + right.Length);
        Add(_joined.AsSpan(0, length), right);
        if (!_json.Read() || _json.TokenType != JsonTokenType.EndArray)
        {
            throw Bad("must be [\"a\", \"b\"]");
        }
    }

    // The left token already lies at the beginning of the joined buffer.
    private void Add(scoped ReadOnlySpan<byte> left, scoped ReadOnlySpan<byte> right)
    {
        int leftId = IdOf(left);
        int rightId = IdOf(right);
        if (right.Length < _prefixLength)
        {
            throw Bad("the right token is shorter than continuing_subword_prefix");
        }

        ReadOnlySpan<byte> tail = right[_prefixLength..];
        tail.CopyTo(_joined.AsSpan(left.Length));
        int id = IdOf(_joined.AsSpan(0, left.Length + tail.Length));
        _merges.Add((leftId, rightId, id));
    }

    private int IdOf(scoped ReadOnlySpan<byte> token)
    {
        int id = _vocabulary.IdOf(token);
        return id >= 0 ? id : throw Bad($"token \"{Utf8.GetString(token)}\" is out of the vocabulary");
    }

    private void Reserve(int length)
    {
        if (_joined.Length < length)
        {
            Array.Resize(ref _joined, length * 2);
        }
    }

    private TokenizerFormatException Bad(string what) => new(Invariant($"model.merges[{_merges.Count}]: {what}"));
}
