namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>
/// Reads and checks a header by the rules of the format: no duplicate names, no holes, no overlaps, sizes that agree
/// with type and shape, data that ends with the file.
/// </summary>
internal sealed record SafetensorsHeader(
    IReadOnlyDictionary<string, SafetensorsEntry> Entries,
    IReadOnlyDictionary<string, string> Metadata
)
{
    /// <summary>The largest header the format allows, in bytes.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>Parses the JSON of a header.</summary>
    /// <param name="json">The bytes after the 8-byte length.</param>
    /// <param name="dataLength">The bytes that follow the header in the file.</param>
    /// <param name="path">Names the file in errors.</param>
    /// <exception cref="MttException">A rule of the format is broken.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string path)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw Damaged(path, "the header does not begin with '{'");
        }

        Dictionary<string, SafetensorsEntry> entries = new(StringComparer.Ordinal);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
            Utf8JsonReader reader = new(json);
            reader.Read();
            bool sawMetadata = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                if (name == "__metadata__")
                {
                    if (sawMetadata)
                    {
                        throw Damaged(path, "__metadata__ occurs twice");
                    }

                    sawMetadata = true;
                    ReadMetadata(ref reader, metadata, path);
                }
                else if (!entries.TryAdd(name, ReadEntry(ref reader, name, path)))
                {
                    throw Damaged(path, $"tensor '{name}' occurs twice");
                }
            }

            if (reader.Read())
            {
                throw Damaged(path, "text follows the header's JSON object");
            }
        }
        catch (Exception problem) when (problem is JsonException or ArgumentException or InvalidOperationException)
        {
            throw Damaged(path, $"the header is not valid JSON ({problem.Message})", problem);
        }

        CheckLayout(entries.Values, dataLength, path);
        return new SafetensorsHeader(entries, metadata);
    }

    /// <summary>The error for a file that breaks the format.</summary>
    public static MttException Damaged(string path, string what, Exception? inner = null) =>
        new(
            $"{path}: not a valid safetensors file: {what}",
            "The file is damaged or was not copied whole: fetch or write it again.",
            inner
        );

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Damaged(path, "__metadata__ is not an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Damaged(path, $"__metadata__.{key} is not a string");
            }

            if (!metadata.TryAdd(key, reader.GetString()!))
            {
                throw Damaged(path, $"__metadata__.{key} occurs twice");
            }
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Damaged(path, $"tensor '{name}' is not described by an object");
        }

        SafetensorsType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            switch (field)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    string text = reader.GetString()!;
                    type =
                        SafetensorsTypes.Parse(text)
                        ?? throw Damaged(path, $"tensor '{name}' has an unknown dtype '{text}'");
                    break;
                case "shape" when shape is null:
                    shape = ReadSizes(ref reader, name, field, path);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadSizes(ref reader, name, field, path);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Damaged(path, $"tensor '{name}': {field} is wrong or occurs twice");
                default:
                    reader.Skip();
                    break;
            }
        }

        if (type is null || shape is null || offsets is null)
        {
            throw Damaged(path, $"tensor '{name}' lacks dtype, shape or data_offsets");
        }

        if (offsets.Length != 2)
        {
            throw Damaged(path, $"tensor '{name}': data_offsets needs two numbers");
        }

        return new SafetensorsEntry(name, type.Value, shape, offsets[0], offsets[1]);
    }

    private static long[] ReadSizes(ref Utf8JsonReader reader, string name, string field, string path)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Damaged(path, $"tensor '{name}': {field} is not an array");
        }

        List<long> sizes = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long size) || size < 0)
            {
                throw Damaged(path, $"tensor '{name}': {field} holds something that is not a size");
            }

            sizes.Add(size);
        }

        return [.. sizes];
    }

    private static void CheckLayout(IEnumerable<SafetensorsEntry> entries, long dataLength, string path)
    {
        long next = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != next || entry.End < entry.Begin)
            {
                throw Damaged(
                    path,
                    $"tensor '{entry.Name}' lies at bytes {entry.Begin} to {entry.End}, but {next} is the next free "
                        + "byte (no holes, no overlaps)"
                );
            }

            if (entry.Length != ByteCount(entry))
            {
                throw Damaged(
                    path,
                    $"tensor '{entry.Name}' of type {entry.Type.Name()} and shape {entry.ShapeText} cannot take "
                        + $"{entry.Length} bytes"
                );
            }

            next = entry.End;
        }

        if (next != dataLength)
        {
            throw Damaged(path, $"the tensors end at byte {next}, the file's data at byte {dataLength}");
        }
    }

    /// <summary>Bytes for type and shape; -1 where the product overflows or is no whole number of bytes.</summary>
    private static long ByteCount(SafetensorsEntry entry)
    {
        try
        {
            long bits = entry.Shape.Aggregate((long)entry.Type.Bits(), (product, size) => checked(product * size));
            return bits % 8 == 0 ? bits / 8 : -1;
        }
        catch (OverflowException)
        {
            return -1;
        }
    }
}
