namespace MultiTurnTrainer.Audit.Rows;

/// <summary>Token rows from JSON lines, plain or packed.</summary>
internal static class JsonRows
{
    /// <summary>The rows in order.</summary>
    /// <exception cref="MttException">A line is no token row: with its place.</exception>
    public static IEnumerable<StoredRow> Read(string path)
    {
        // A packed row may have more tokens than a row of data.
        JsonTape tape = new(Array.MaxLength);
        using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
        while (source.TryRead(out SourceRecord record))
        {
            if ((record.Flags & RecordFlags.Blank) == 0)
            {
                yield return Parse(path, record, tape);
            }
        }
    }

    private static StoredRow Parse(string path, SourceRecord record, JsonTape tape)
    {
        try
        {
            JsonView.Scan(tape, record.Bytes);
            JsonView json = new(tape, 0);
            return json.Kind == JsonKind.Object ? Row(json) : throw new InvalidDataException("is no object");
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or InvalidDataException)
        {
            string cut =
                (record.Flags & (RecordFlags.Unclosed | RecordFlags.TooLong)) != 0 ? " (the file is cut off)" : "";
            throw new MttException(
                Invariant($"{path}:{record.Line}: not a token row: {problem.Message}{cut}"),
                "A line is {\"input_ids\": [integers], \"labels\": [integers]}; check that what wrote it has finished.",
                problem
            );
        }
    }

    private static StoredRow Row(JsonView json)
    {
        string? id = null;
        Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
        float[]? weights = null;
        foreach (JsonMember member in json.EnumerateObject())
        {
            (string name, JsonView value) = (member.Name, member.Value);
            if (StoredRow.Unsupported(name) is { } reason && value.Kind != JsonKind.Null)
            {
                throw new InvalidDataException(reason);
            }

            if (name == "id" && value.Kind is JsonKind.String or JsonKind.Number)
            {
                id = value.ToString();
            }
            else if (value.Kind == JsonKind.Array && StoredRow.Lists.Contains(name))
            {
                ints[name] = [.. value.EnumerateArray().Select(Integer)];
            }
            else if (value.Kind == JsonKind.Array && name is "loss_weights" or "loss_scale")
            {
                weights = [.. value.EnumerateArray().Select(Float)];
            }
        }

        return new StoredRow(id, ints, weights, null);
    }

    private static int Integer(JsonView value) =>
        value.Kind is JsonKind.True or JsonKind.False ? (value.GetBoolean() ? 1 : 0) : value.GetInt32();

    private static float Float(JsonView value) => float.Parse(value.RawUtf8, CultureInfo.InvariantCulture);
}
