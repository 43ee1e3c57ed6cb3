namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>What bitsandbytes keeps beside a 4-bit weight as JSON (its <c>QuantState.as_dict</c>).</summary>
internal sealed record QuantState
{
    /// <summary>The longest text that is read; bitsandbytes writes about 200 bytes.</summary>
    public const int MostBytes = 1 << 16;

    private static readonly string[] _dtypes = ["float32", "bfloat16", "float16"];

    /// <summary>Rows of the matrix.</summary>
    public long Rows { get; private init; }

    /// <summary>Columns of the matrix.</summary>
    public long Columns { get; private init; }

    /// <summary>Values that share a scale.</summary>
    public int Block { get; private init; }

    /// <summary>Scales that share one of their own; null where they are numbers.</summary>
    public int? ScaleBlock { get; private init; }

    /// <summary>What all scales have in common, where they are codes.</summary>
    public float Offset { get; private init; }

    /// <summary>Reads the JSON.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="type">nf4 or fp4, as the tensor's name ends.</param>
    /// <exception cref="FormatException">What is wrong, field named.</exception>
    public static QuantState Parse(ReadOnlyMemory<byte> json, string type)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
        foreach (JsonProperty field in document.RootElement.EnumerateObject())
        {
            Require(fields.TryAdd(field.Name, field.Value), field.Name, field.Value, "is there twice");
        }

        QuantState state = new() { Block = Size("blocksize") };
        JsonElement own = Take("quant_type");
        Require(Is(own, type), "quant_type", own, $"is not {type}, as the tensor's name says");
        JsonElement dtype = Take("dtype");
        Require(_dtypes.Any(known => Is(dtype, known)), "dtype", dtype, $"is none of {string.Join(", ", _dtypes)}");
        state = ReadShape(state, Take("shape"));
        if (fields.ContainsKey("nested_blocksize"))
        {
            JsonElement nested = Take("nested_dtype");
            Require(Is(nested, "float32"), "nested_dtype", nested, "is not float32");
            JsonElement offset = Take("nested_offset");
            double number = offset.ValueKind == JsonValueKind.Number ? offset.GetDouble() : double.NaN;
            Require(float.IsFinite((float)number), "nested_offset", offset, "is no finite number");
            state = state with { ScaleBlock = Size("nested_blocksize"), Offset = (float)number };
        }

        return fields.Count == 0 ? state : throw new FormatException($"{fields.Keys.First()} is not known");

        JsonElement Take(string name) =>
            fields.Remove(name, out JsonElement value) ? value : throw new FormatException($"{name} is missing");

        // A power of two, as bitsandbytes' kernels have them.
        int Size(string name)
        {
            JsonElement value = Take(name);
            int size = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : 0;
            Require(size is >= 32 and <= 4096 && int.IsPow2(size), name, value, "is none of 32, 64, … 4096");
            return size;
        }
    }

    private static QuantState ReadShape(QuantState state, JsonElement shape)
    {
        long[] sizes =
            shape.ValueKind == JsonValueKind.Array && shape.GetArrayLength() == 2
                ?
                [
                    .. shape
                        .EnumerateArray()
                        .Select(size =>
                            size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int number) ? number : 0L
                        ),
                ]
                : [];
        Require(sizes is [> 0, > 0], "shape", shape, "is not two sizes above 0");
        return state with { Rows = sizes[0], Columns = sizes[1] };
    }

    private static bool Is(JsonElement value, string text) =>
        value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static void Require(bool right, string field, JsonElement value, string what)
    {
        if (!right)
        {
            string text = value.GetRawText();
            throw new FormatException($"{field} {what}: {(text.Length > 80 ? text[..80] + "…" : text)}");
        }
    }
}
