using System.Buffers;
using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Reads any Parquet file as JSON objects, one per row: structs become objects, lists arrays, maps objects, nulls stay.
/// </summary>
public static class ParquetJsonReader
{
    /// <summary>The rows of a file in order, as UTF-8 JSON. The memory is valid until the next row is asked for.</summary>
    /// <exception cref="MttException">The file is missing or not valid.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path)
    {
        using ParquetFile file = ParquetFile.Open(path);
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer, JsonText.Writer);
        foreach (RowGroup group in file.Metadata.RowGroups)
        {
            ColumnReader[] columns = file.Guard(() => file.OpenColumns(group));
            for (long row = 0; row < group.Rows; row++)
            {
                buffer.ResetWrittenCount();
                json.Reset(buffer);
                file.Guard(() => WriteRow(file.Schema, columns, json));
                yield return buffer.WrittenMemory;
            }

            file.Guard(() => CheckEnd(columns));
        }
    }

    private static bool WriteRow(SchemaNode root, ColumnReader[] columns, Utf8JsonWriter json)
    {
        WriteObject(root, columns, json);
        foreach (ColumnReader column in columns)
        {
            if (column.Repetition != 0)
            {
                throw new InvalidDataException("columns disagree about where a row ends");
            }
        }

        json.Flush();
        return true;
    }

    private static bool CheckEnd(ColumnReader[] columns) =>
        Array.TrueForAll(columns, column => column.IsAtEnd)
            ? true
            : throw new InvalidDataException("a column has more values than rows");

    private static void WriteObject(SchemaNode group, ColumnReader[] columns, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (SchemaNode child in group.Children)
        {
            json.WritePropertyName(child.Name);
            WriteField(child, columns, json);
        }

        json.WriteEndObject();
    }

    private static void WriteField(SchemaNode node, ColumnReader[] columns, Utf8JsonWriter json)
    {
        if (node.Repetition == Repetition.Repeated)
        {
            WriteItems(node, node, columns, json);
        }
        else if (IsAbsent(node, columns))
        {
            SkipEntry(node, columns);
            json.WriteNullValue();
        }
        else
        {
            WriteValue(node, columns, json);
        }
    }

    private static void WriteValue(SchemaNode node, ColumnReader[] columns, Utf8JsonWriter json)
    {
        if (node.IsLeaf)
        {
            ColumnReader column = columns[node.FirstLeaf];
            ScalarJson.Write(node, column.Value, json);
            column.MoveNext();
        }
        else if (node is { Kind: LogicalKind.List, Children: [{ Repetition: Repetition.Repeated } repeated] })
        {
            WriteItems(repeated, ElementOf(node, repeated), columns, json);
        }
        else if (IsMap(node))
        {
            WriteMap(node.Children[0], columns, json);
        }
        else
        {
            WriteObject(node, columns, json);
        }
    }

    // The rule of LogicalTypes.md, "Backward-compatibility rules": old writers have no group between list and element.
    private static SchemaNode ElementOf(SchemaNode list, SchemaNode repeated) =>
        repeated.IsLeaf
        || repeated.Children.Count != 1
        || repeated.Name is "array"
        || repeated.Name == list.Name + "_tuple"
            ? repeated
            : repeated.Children[0];

    private static bool IsMap(SchemaNode node) =>
        node
            is {
                Kind: LogicalKind.Map,
                Children: [{ Repetition: Repetition.Repeated, Children: [{ Type: PhysicalType.ByteArray }, _] }]
            };

    private static void WriteItems(SchemaNode repeated, SchemaNode element, ColumnReader[] columns, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        if (IsAbsent(repeated, columns))
        {
            SkipEntry(repeated, columns);
        }
        else
        {
            do
            {
                if (element == repeated)
                {
                    WriteValue(element, columns, json);
                }
                else
                {
                    WriteField(element, columns, json);
                }
            } while (columns[repeated.FirstLeaf].Repetition == repeated.MaxRepetition);
        }

        json.WriteEndArray();
    }

    private static void WriteMap(SchemaNode entries, ColumnReader[] columns, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (IsAbsent(entries, columns))
        {
            SkipEntry(entries, columns);
        }
        else
        {
            do
            {
                ColumnReader key = columns[entries.FirstLeaf];
                json.WritePropertyName(key.Definition < entries.Children[0].MaxDefinition ? default : key.Value);
                key.MoveNext();
                WriteField(entries.Children[1], columns, json);
            } while (columns[entries.FirstLeaf].Repetition == entries.MaxRepetition);
        }

        json.WriteEndObject();
    }

    private static bool IsAbsent(SchemaNode node, ColumnReader[] columns) =>
        columns[node.FirstLeaf].Definition < node.MaxDefinition;

    private static void SkipEntry(SchemaNode node, ColumnReader[] columns)
    {
        for (int leaf = node.FirstLeaf; leaf < node.FirstLeaf + node.LeafCount; leaf++)
        {
            if (columns[leaf].Definition >= node.MaxDefinition)
            {
                throw new InvalidDataException($"columns disagree about whether {node.Path} is there");
            }

            columns[leaf].MoveNext();
        }
    }
}
