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
        IEnumerable<TokenRow> rows =
            TokenRowFormats.FromPath(path) == TokenRowFormat.Parquet
                ? ReadParquet(path)
                : ReadJsonl(path, labelsOptional);
        long number = 0;
        foreach (TokenRow row in rows)
        {
            number++;
            yield return row.Problem() is string problem
                ? throw new MttException($"{path}:{number}: {problem}", "Write the rows again with mtt mask.")
                : row;
        }
    }

    private static IEnumerable<TokenRow> ReadParquet(string path)
    {
        using ParquetFile file = ParquetFile.Open(path);
        int ids = ListColumn(file, "input_ids", PhysicalType.Int32, PhysicalType.Int64);
        int labels = ListColumn(file, "labels", PhysicalType.Int32, PhysicalType.Int64);
        if (ids < 0 || labels < 0)
        {
            throw new MttException(
                $"{path}: has no columns input_ids and labels with lists of integers",
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
            (
                ColumnReader Ids,
                ColumnReader Labels,
                ColumnReader? Weights,
                ColumnReader? Id,
                ColumnReader? Spans
            ) columns = file.Guard(() => (Open(ids)!, Open(labels)!, Open(weights), Open(id), Open(spans)));
            for (long row = 0; row < group.Rows; row++)
            {
                yield return file.Guard(() =>
                    new TokenRow(
                        columns.Id is null ? null : ReadText(columns.Id, file.Metadata.Leaves[id]),
                        ReadList<int>(columns.Ids, file.Metadata.Leaves[ids]) ?? [],
                        ReadList<int>(columns.Labels, file.Metadata.Leaves[labels]) ?? [],
                        columns.Weights is null
                            ? null
                            : ReadList<float>(columns.Weights, file.Metadata.Leaves[weights]),
                        columns.Spans is null ? null : ReadSpans(columns.Spans, file.Metadata.Leaves[spans])
                    )
                );
            }
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

    private static IEnumerable<TokenRow> ReadJsonl(string path, bool labelsOptional)
    {
        using StreamReader reader = OpenText(path);
        long number = 0;
        while (reader.ReadLine() is string line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ParseLine(path, number, line, labelsOptional);
            }
        }
    }

    private static StreamReader OpenText(string path) =>
        new(InputFile.OpenRead(path, "Name a .parquet or .jsonl file."));

    private static TokenRow ParseLine(string path, long number, string line, bool labelsOptional)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            int[] Ints(string name) => [.. root.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
            return new TokenRow(
                root.TryGetProperty("id", out JsonElement id) && id.ValueKind != JsonValueKind.Null
                    ? id.ToString()
                    : null,
                Ints("input_ids"),
                labelsOptional && !root.TryGetProperty("labels", out _) ? Ints("input_ids") : Ints("labels"),
                root.TryGetProperty("loss_weights", out JsonElement weights) && weights.ValueKind != JsonValueKind.Null
                    ? [.. weights.EnumerateArray().Select(value => value.GetSingle())]
                    : null,
                root.TryGetProperty("spans", out JsonElement spans) && spans.ValueKind != JsonValueKind.Null
                    ? SupervisedSpans.Read(spans)
                    : null
            );
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
}
