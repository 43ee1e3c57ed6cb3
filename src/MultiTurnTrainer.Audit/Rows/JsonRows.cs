namespace MultiTurnTrainer.Audit.Rows;

/// <summary>Token rows from JSON lines, plain or packed.</summary>
internal static class JsonRows
{
    /// <summary>The rows in order.</summary>
    /// <exception cref="MttException">A line is no token row: with its place.</exception>
    public static IEnumerable<StoredRow> Read(string path)
    {
        using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
        while (source.TryRead(out SourceRecord record))
        {
            if ((record.Flags & RecordFlags.Blank) == 0)
            {
                yield return Parse(path, record);
            }
        }
    }

    private static StoredRow Parse(string path, SourceRecord record)
    {
        try
        {
            Utf8JsonReader json = new(record.Bytes.Span);
            return json.Read() && json.TokenType == JsonTokenType.StartObject
                ? Row(ref json)
                : throw new InvalidDataException("is no object");
        }
        catch (Exception problem)
            when (problem is JsonException or FormatException or InvalidOperationException or InvalidDataException)
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

    private static StoredRow Row(ref Utf8JsonReader json)
    {
        string? id = null;
        Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
        float[]? weights = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (StoredRow.Unsupported(name) is { } reason && json.TokenType != JsonTokenType.Null)
            {
                throw new InvalidDataException(reason);
            }

            if (name == "id" && json.TokenType is JsonTokenType.String or JsonTokenType.Number)
            {
                id =
                    json.TokenType == JsonTokenType.String ? json.GetString() : Encoding.UTF8.GetString(json.ValueSpan);
            }
            else if (json.TokenType == JsonTokenType.StartArray && StoredRow.Lists.Contains(name))
            {
                ints[name] = Integers(ref json);
            }
            else if (json.TokenType == JsonTokenType.StartArray && name is "loss_weights" or "loss_scale")
            {
                weights = Floats(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return new StoredRow(id, ints, weights, null);
    }

    private static int[] Integers(ref Utf8JsonReader json)
    {
        List<int> list = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            list.Add(
                json.TokenType switch
                {
                    JsonTokenType.True => 1,
                    JsonTokenType.False => 0,
                    _ => json.GetInt32(),
                }
            );
        }

        return [.. list];
    }

    private static float[] Floats(ref Utf8JsonReader json)
    {
        List<float> list = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            list.Add(json.GetSingle());
        }

        return [.. list];
    }
}
