namespace MultiTurnTrainer.Models.Gguf;

/// <summary>Reads what stands before the data of a GGUF file. Every length is held against the bytes that are left first.</summary>
internal sealed class GgufHeader
{
    private const int Magic = 0x46554747; // "GGUF"
    private const int MostDimensions = 4;
    private const int MostName = 64;
    private const int MostKey = 65_535;
    private const int MostText = 1 << 26;
    private const long MostEntries = 1 << 24; // of a list: a vocabulary has some hundred thousand
    private const long MostAlignment = 1 << 20;
    private const long LeastTensor = 8 + 4 + 8 + 4 + 8;
    private const long LeastValue = 8 + 4 + 1;

    private readonly string _path;
    private readonly BinaryReader _reader;
    private readonly long _length;

    private GgufHeader(string path, BinaryReader reader)
    {
        _path = path;
        _reader = reader;
        _length = reader.BaseStream.Length;
    }

    public Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    public List<GgufTensor> Tensors { get; } = [];

    public long DataStart { get; private set; }

    private long Left => _length - _reader.BaseStream.Position;

    public static GgufHeader Read(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        using BinaryReader reader = new(file);
        GgufHeader header = new(path, reader);
        try
        {
            header.ReadAll();
        }
        catch (EndOfStreamException problem)
        {
            throw Damaged(path, "it ends within its header", problem);
        }

        return header;
    }

    private void ReadAll()
    {
        if (_length < 24 || _reader.ReadInt32() != Magic)
        {
            throw Damaged(_path, "it does not begin with GGUF and a header");
        }

        uint version = _reader.ReadUInt32();
        if (version is not (2 or 3))
        {
            throw new MttException(
                $"{_path}: GGUF version {version} is not read",
                "Versions 2 and 3 are, little-endian: convert it with today's llama.cpp."
            );
        }

        long tensors = ReadCount(LeastTensor, "tensors");
        long values = ReadCount(LeastValue, "metadata entries");
        for (long i = 0; i < values; i++)
        {
            string key = ReadText(MostKey);
            if (!Values.TryAdd(key, ReadValue(_reader.ReadInt32(), key)))
            {
                throw Damaged(_path, $"its metadata names '{key}' twice");
            }
        }

        for (long i = 0; i < tensors; i++)
        {
            Tensors.Add(ReadTensor());
        }

        long alignment = ReadAlignment();
        DataStart = Align(_reader.BaseStream.Position, alignment);
        CheckPlaces(alignment);
    }

    private long ReadAlignment()
    {
        object value = Values.GetValueOrDefault("general.alignment", 32u);
        return value is uint alignment && System.Numerics.BitOperations.IsPow2(alignment) && alignment <= MostAlignment
            ? alignment
            : throw Damaged(_path, $"general.alignment is {value}, no power of two up to {MostAlignment}");
    }

    private long ReadCount(long leastBytes, string what)
    {
        ulong count = _reader.ReadUInt64();
        long most = Math.Min(Left / leastBytes, MostEntries);
        return count <= (ulong)most
            ? (long)count
            : throw Damaged(_path, $"it claims {count} {what}, at most {most} can be there");
    }

    private GgufTensor ReadTensor()
    {
        string name = ReadText(MostName - 1);
        uint dimensions = _reader.ReadUInt32();
        if (dimensions is 0 or > MostDimensions)
        {
            throw Damaged(_path, $"'{name}' has {dimensions} dimensions");
        }

        long[] shape = new long[dimensions];
        long count = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            shape[i] = _reader.ReadInt64(); // the fastest comes first
            if (shape[i] <= 0 || shape[i] > long.MaxValue / 8 / count)
            {
                throw Damaged(_path, $"'{name}' has a dimension of {shape[i]}");
            }

            count *= shape[i];
        }

        GgufType type = (GgufType)_reader.ReadInt32();
        if (!type.IsKnown())
        {
            throw new MttException(
                $"{_path}: '{name}' is stored as GGUF type {(int)type}, which is not read",
                $"Read are {string.Join(", ", GgufTypes.Known)}: take the model in one of them."
            );
        }

        return shape[^1] % type.BlockValues() == 0
            ? new GgufTensor(name, shape, type, _reader.ReadInt64())
            : throw Damaged(_path, $"'{name}' has rows of {shape[^1]} values, no whole blocks of {type}");
    }

    // One behind the other, each at a multiple of the alignment, the last within the file.
    private void CheckPlaces(long alignment)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        long expected = 0;
        foreach (GgufTensor tensor in Tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw Damaged(_path, $"it names '{tensor.Name}' twice");
            }

            if (tensor.Offset != expected)
            {
                throw Damaged(_path, $"'{tensor.Name}' begins at {tensor.Offset}, where {expected} was due");
            }

            if (tensor.Length > _length - DataStart - tensor.Offset)
            {
                throw Damaged(
                    _path,
                    $"'{tensor.Name}' takes {tensor.Length} bytes from {tensor.Offset}, and the file ends before"
                );
            }

            expected = Align(expected + tensor.Length, alignment);
        }
    }

    private static long Align(long place, long alignment) => (place + alignment - 1) / alignment * alignment;

    private string ReadText(int most = MostText)
    {
        ulong length = _reader.ReadUInt64();
        if (length > (ulong)Math.Min(Left, most))
        {
            throw Damaged(_path, $"a text claims {length} bytes at byte {_reader.BaseStream.Position}");
        }

        return Encoding.UTF8.GetString(_reader.ReadBytes((int)length));
    }

    private object ReadValue(int type, string key) =>
        type switch
        {
            0 => _reader.ReadByte(),
            1 => _reader.ReadSByte(),
            2 => _reader.ReadUInt16(),
            3 => _reader.ReadInt16(),
            4 => _reader.ReadUInt32(),
            5 => _reader.ReadInt32(),
            6 => _reader.ReadSingle(),
            7 => _reader.ReadByte() != 0,
            8 => ReadText(),
            9 => ReadList(key),
            10 => _reader.ReadUInt64(),
            11 => _reader.ReadInt64(),
            12 => _reader.ReadDouble(),
            _ => throw Damaged(_path, $"'{key}' has the unknown type {type}"),
        };

    private object ReadList(string key)
    {
        int type = _reader.ReadInt32();
        int size = type switch
        {
            0 or 1 or 7 => 1,
            2 or 3 => 2,
            4 or 5 or 6 => 4,
            8 or 10 or 11 or 12 => 8, // a text has a length at least
            _ => throw Damaged(_path, $"'{key}' is a list of the unknown type {type}"),
        };
        long count = ReadCount(size, $"entries of '{key}'");
        return type switch
        {
            8 => Fill(count, () => ReadText()),
            6 => Fill(count, _reader.ReadSingle),
            5 => Fill(count, _reader.ReadInt32),
            _ => Fill(count, () => ReadValue(type, key)),
        };
    }

    private static T[] Fill<T>(long count, Func<T> read)
    {
        T[] list = new T[count];
        for (int i = 0; i < list.Length; i++)
        {
            list[i] = read();
        }

        return list;
    }

    private static MttException Damaged(string path, string what, Exception? inner = null) =>
        new($"{path}: not a whole GGUF file: {what}", "Fetch or make the file again.", inner);
}
