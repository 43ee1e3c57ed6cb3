using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Reads token rows from Parquet; what stands in a row is checked by <see cref="TokenRowReader"/>.</summary>
internal static class ParquetTokenRowReader
{
    /// <summary>The rows of a file in order.</summary>
    /// <exception cref="MttException">It is no Parquet file, or a column of its rows cannot be read.</exception>
    public static IEnumerable<StoredRow> Read(string path)
    {
        using ParquetFile file = ParquetFile.Open(path);
        foreach (SchemaNode column in file.Schema.Children)
        {
            TokenRowReader.Require(path, column.Name);
        }

        (string Name, SchemaNode Leaf)[] lists =
        [
            .. StoredRow
                .Lists.Where(name => file.Schema.Children.Any(child => child.Name == name))
                .Select(name => (name, RequireIntegers(file, path, name))),
        ];
        SchemaNode? weights = file.Schema.Children.Any(child => child.Name == "loss_weights")
            ? RequireNumbers(file, path, "loss_weights")
            : null;
        SchemaNode? id = TextColumn(file, "id", PhysicalType.ByteArray, PhysicalType.Int32, PhysicalType.Int64);
        SchemaNode? spans = TextColumn(file, "spans", PhysicalType.ByteArray);
        SchemaNode[] opened =
        [
            .. lists.Select(list => list.Leaf),
            .. new[] { weights, id, spans }.OfType<SchemaNode>(),
        ];
        foreach (RowGroup group in file.RowGroups(opened))
        {
            ColumnCursor? Of(SchemaNode? leaf) => leaf is null ? null : group.Columns[Array.IndexOf(opened, leaf)];
            (ColumnCursor? Weights, ColumnCursor? Id, ColumnCursor? Spans) at = (Of(weights), Of(id), Of(spans));
            for (long row = 0; row < group.Rows; row++)
            {
                yield return file.Guard(() =>
                {
                    string? name = ReadText(at.Id, id);
                    Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
                    foreach ((string column, SchemaNode leaf) in lists)
                    {
                        // The file does not tell a null from a list without entries; only a row without tokens has those.
                        if (ReadList<int>(Of(leaf), leaf) is { } list)
                        {
                            ints[column] = list;
                        }
                        else if (column == "input_ids")
                        {
                            ints[column] = [];
                        }
                    }

                    return new StoredRow(name, ints, ReadList<float>(at.Weights, weights), ReadSpans(at.Spans, spans));
                });
            }

            file.Guard(group.CheckEnd);
        }
    }

    private static SchemaNode RequireIntegers(ParquetFile file, string path, string name) =>
        ListColumn(file, name, PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Boolean)
        ?? throw Wrong(path, name, "integers");

    private static SchemaNode RequireNumbers(ParquetFile file, string path, string name) =>
        ListColumn(file, name, PhysicalType.Float, PhysicalType.Double) ?? throw Wrong(path, name, "numbers");

    private static MttException Wrong(string path, string name, string what) =>
        new($"{path}: the column {name} does not hold lists of {what}", "Make token rows with mtt mask.");

    private static SchemaNode? TextColumn(ParquetFile file, string name, params PhysicalType[] types) =>
        file.Leaves.FirstOrDefault(leaf => leaf.Path == name && leaf.Type is { } type && types.Contains(type));

    private static SchemaNode? ListColumn(ParquetFile file, string name, params ReadOnlySpan<PhysicalType> types)
    {
        SchemaNode? column = file.Schema.Children.FirstOrDefault(child => child.Name == name);
        return
            column is { LeafCount: 1 }
            && file.Leaves[column.FirstLeaf] is { MaxRepetition: 1 } leaf
            && leaf.Type is { } type
            && types.Contains(type)
            ? leaf
            : null;
    }

    private static IReadOnlyList<SupervisedSpan>? ReadSpans(ColumnCursor? column, SchemaNode? leaf)
    {
        try
        {
            return ReadText(column, leaf) is { } text ? SupervisedSpans.Read(JsonView.Parse(text)) : null;
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"spans: {problem.Message}", problem);
        }
    }

    private static string? ReadText(ColumnCursor? column, SchemaNode? leaf)
    {
        if (column is null)
        {
            return null;
        }

        string? text =
            column.Definition < leaf!.MaxDefinition ? null
            : leaf.Type == PhysicalType.Int32 ? Invariant($"{MemoryMarshal.Read<int>(column.Value)}")
            : leaf.Type == PhysicalType.Int64 ? Invariant($"{MemoryMarshal.Read<long>(column.Value)}")
            : Encoding.UTF8.GetString(column.Value);
        column.MoveNext();
        return text;
    }

    // T is int or float; stored 64-bit values are narrowed with a check, true and false are 1 and 0.
    private static T[]? ReadList<T>(ColumnCursor? column, SchemaNode? leaf)
        where T : unmanaged
    {
        if (column is null)
        {
            return null;
        }

        if (column.Definition < leaf!.MaxDefinition)
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
            Append(list, column.Values(count), leaf.Type);
            column.Skip(count);
        } while (column.Repetition != 0);
        return [.. list];
    }

    private static void Append<T>(List<T> list, ReadOnlySpan<byte> values, PhysicalType? type)
        where T : unmanaged
    {
        switch (type)
        {
            case PhysicalType.Int64:
                foreach (long value in MemoryMarshal.Cast<byte, long>(values))
                {
                    list.Add((T)(object)checked((int)value));
                }

                break;
            case PhysicalType.Boolean:
                foreach (byte value in values)
                {
                    list.Add((T)(object)(int)value);
                }

                break;
            case PhysicalType.Double:
                foreach (double value in MemoryMarshal.Cast<byte, double>(values))
                {
                    list.Add((T)(object)(float)value);
                }

                break;
            default:
                list.AddRange(MemoryMarshal.Cast<byte, T>(values));
                break;
        }
    }
}
