using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Reads token rows from <c>.parquet</c> or <c>.jsonl</c>, one at a time: memory holds one page or line.</summary>
public static class TokenRowReader
{
    /// <summary>
    /// Whether a file holds token rows: Parquet with a column <c>input_ids</c>, or JSON lines whose first object has it.
    /// </summary>
    public static bool IsTokenRows(string path)
    {
        if (Path.GetExtension(path).Equals(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            using ParquetFile file = ParquetFile.Open(path);
            return file.Schema.Children.Any(child => child.Name == "input_ids");
        }

        if (!Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        using StreamReader reader = OpenText(path);
        string? first = reader.ReadLine();
        try
        {
            using JsonDocument document = JsonDocument.Parse(first ?? "null");
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("input_ids", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The rows of a file in order.</summary>
    /// <param name="path">A <c>.parquet</c> or <c>.jsonl</c> file.</param>
    /// <param name="labelsOptional">Whether JSON lines may lack labels: every token counts then.</param>
    /// <exception cref="MttException">The file is missing, of another format, or a row is wrong (with its number).</exception>
    public static IEnumerable<TokenRow> Read(string path, bool labelsOptional = false)
    {
        InputFile.RequireExists(path, "Name a .parquet or .jsonl file.");
        IEnumerable<StoredRow> stored =
            TokenRowFormats.FromPath(path) == TokenRowFormat.Parquet ? ReadParquet(path) : ReadJsonl(path);
        long number = 0;
        foreach (StoredRow row in stored)
        {
            number++;
            foreach (TokenRow one in Rows(row, labelsOptional, path, number))
            {
                yield return one;
            }
        }
    }

    private static IReadOnlyList<TokenRow> Rows(StoredRow row, bool labelsOptional, string path, long number)
    {
        try
        {
            return [.. row.Rows(labelsOptional)];
        }
        catch (InvalidDataException problem)
        {
            throw new MttException(
                $"{path}:{number}: {problem.Message}",
                "Fix what wrote the rows, or make them with mtt mask.",
                problem
            );
        }
    }

    private static IEnumerable<StoredRow> ReadParquet(string path)
    {
        using ParquetFile file = ParquetFile.Open(path);
        foreach (SchemaNode column in file.Schema.Children)
        {
            Require(path, column.Name);
        }

        (string Name, int Leaf)[] lists =
        [
            .. StoredRow
                .Lists.Where(name => file.Schema.Children.Any(child => child.Name == name))
                .Select(name => (name, ListColumn(file, name, PhysicalType.Int32, PhysicalType.Int64))),
        ];
        if (Array.Find(lists, list => list.Leaf < 0) is { Name: { } bad })
        {
            throw new MttException(
                $"{path}: the column {bad} does not hold lists of integers",
                "Make token rows with mtt mask."
            );
        }

        int weights = ListColumn(file, "loss_weights", PhysicalType.Float, PhysicalType.Double);
        int id = TextColumn(file, "id");
        int spans = TextColumn(file, "spans");
        foreach (RowGroup group in file.Metadata.RowGroups)
        {
            ColumnReader? Open(int leaf) =>
                leaf < 0 ? null : new ColumnReader(file, file.Metadata.Leaves[leaf], group.Columns[leaf]);
            (ColumnReader?[] Lists, ColumnReader? Weights, ColumnReader? Id, ColumnReader? Spans) columns = file.Guard(
                () =>
                    (Array.ConvertAll(lists, list => Open(list.Leaf)), Open(weights), Open(id), Open(spans))
            );
            for (long row = 0; row < group.Rows; row++)
            {
                yield return file.Guard(() =>
                {
                    string? name = columns.Id is null ? null : ReadText(columns.Id, file.Metadata.Leaves[id]);
                    Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
                    for (int i = 0; i < lists.Length; i++)
                    {
                        int[]? list = ReadList<int>(columns.Lists[i]!, file.Metadata.Leaves[lists[i].Leaf]);

                        // The file does not tell a null from a list without entries; only a row without tokens has those.
                        if (list is not null || lists[i].Name == "input_ids")
                        {
                            ints[lists[i].Name] = list ?? [];
                        }
                    }

                    return new StoredRow(
                        name,
                        ints,
                        columns.Weights is null
                            ? null
                            : ReadList<float>(columns.Weights, file.Metadata.Leaves[weights]),
                        columns.Spans is null ? null : ReadSpans(columns.Spans, file.Metadata.Leaves[spans])
                    );
                });
            }
        }
    }

    private static void Require(string place, string column)
    {
        if (StoredRow.Unsupported(column) is { } reason)
        {
            throw new MttException($"{place}: {reason}", "Leave the column out, or make token rows with mtt mask.");
        }
    }

    private static int TextColumn(ParquetFile file, string name) =>
        file
            .Metadata.Leaves.Select((leaf, i) => (leaf, i))
            .Where(pair => pair.leaf.Path == name && pair.leaf.Type == PhysicalType.ByteArray)
            .Select(pair => pair.i)
            .FirstOrDefault(-1);

    private static IReadOnlyList<SupervisedSpan>? ReadSpans(ColumnReader column, SchemaNode leaf)
    {
        try
        {
            return ReadText(column, leaf) is { } text ? SupervisedSpans.Read(JsonElement.Parse(text)) : null;
        }
        catch (Exception problem)
            when (problem is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"spans: {problem.Message}", problem);
        }
    }

    private static int ListColumn(ParquetFile file, string name, PhysicalType narrow, PhysicalType wide)
    {
        SchemaNode? column = file.Schema.Children.FirstOrDefault(child => child.Name == name);
        if (column is not { LeafCount: 1 })
        {
            return -1;
        }

        SchemaNode leaf = file.Metadata.Leaves[column.FirstLeaf];
        return leaf.MaxRepetition == 1 && (leaf.Type == narrow || leaf.Type == wide) ? column.FirstLeaf : -1;
    }

    private static string? ReadText(ColumnReader column, SchemaNode leaf)
    {
        string? text = column.Definition == leaf.MaxDefinition ? Encoding.UTF8.GetString(column.Value) : null;
        column.MoveNext();
        return text;
    }

    // T is int or float; stored 64-bit values are narrowed with a check.
    private static T[]? ReadList<T>(ColumnReader column, SchemaNode leaf)
        where T : unmanaged
    {
        if (column.Definition < leaf.MaxDefinition)
        {
            // A null list and an empty one differ in the definition level; a row of no tokens is the same either way.
            column.MoveNext();
            return column.Repetition == 0 ? null : throw new InvalidDataException("a list holds a null");
        }

        List<T> list = [];
        do
        {
            if (column.Definition < leaf.MaxDefinition)
            {
                throw new InvalidDataException("a list holds a null");
            }

            int count = 1 + column.RunInRow;
            int start = list.Count;
            CollectionsMarshal.SetCount(list, start + count);
            CopyValues(column, leaf, CollectionsMarshal.AsSpan(list)[start..]);
            column.Skip(count);
        } while (column.Repetition != 0);
        return [.. list];
    }

    private static void CopyValues<T>(ColumnReader column, SchemaNode leaf, Span<T> output)
        where T : unmanaged
    {
        bool narrow = leaf.Type is PhysicalType.Int32 or PhysicalType.Float;
        ReadOnlySpan<byte> all = column.Values.Contiguous.Span;
        if (narrow && !all.IsEmpty)
        {
            MemoryMarshal.Cast<byte, T>(all).Slice(column.ValueIndex, output.Length).CopyTo(output);
            return;
        }

        for (int i = 0; i < output.Length; i++)
        {
            ReadOnlySpan<byte> value = column.Values[column.ValueIndex + i];
            output[i] =
                narrow ? MemoryMarshal.Read<T>(value)
                : typeof(T) == typeof(int) ? (T)(object)checked((int)MemoryMarshal.Read<long>(value))
                : (T)(object)(float)MemoryMarshal.Read<double>(value);
        }
    }

    private static IEnumerable<StoredRow> ReadJsonl(string path)
    {
        using StreamReader reader = OpenText(path);
        long number = 0;
        while (reader.ReadLine() is string line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ParseLine(path, number, line);
            }
        }
    }

    private static StreamReader OpenText(string path) =>
        new(InputFile.OpenRead(path, "Name a .parquet or .jsonl file."));

    private static StoredRow ParseLine(string path, long number, string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            string? id = null;
            Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
            float[]? weights = null;
            IReadOnlyList<SupervisedSpan>? spans = null;
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                Require($"{path}:{number}", property.Name);
                switch (property.Name)
                {
                    case var _ when property.Value.ValueKind == JsonValueKind.Null:
                        break;
                    case "id":
                        id = property.Value.ToString();
                        break;
                    case "loss_weights":
                        weights = [.. property.Value.EnumerateArray().Select(value => value.GetSingle())];
                        break;
                    case "spans":
                        spans = SupervisedSpans.Read(property.Value);
                        break;
                    case var name when StoredRow.Lists.Contains(name):
                        ints[name] = [.. property.Value.EnumerateArray().Select(Integer)];
                        break;
                }
            }

            return new StoredRow(id, ints, weights, spans);
        }
        catch (Exception problem)
            when (problem is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new MttException(
                $"{path}:{number}: not a token row: {problem.Message}",
                "A line is {\"id\", \"input_ids\": [integers], \"labels\": [integers]}; make it with mtt mask.",
                problem
            );
        }
    }

    private static int Integer(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            _ => value.GetInt32(),
        };
}
