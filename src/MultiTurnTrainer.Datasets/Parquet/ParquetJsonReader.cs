namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Reads any Parquet file as JSON objects, one per row: structs become objects, lists arrays, maps objects.</summary>
public static class ParquetJsonReader
{
    /// <summary>
    /// The rows of a file in order, as UTF-8 JSON. The memory is valid until the next row is asked for. Bytes that are no
    /// UTF-8, in text and in binary columns, stand in the row as they are: a finding, as in a file of JSON lines.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="keepNulls">
    /// Whether absent fields are null. Without it they are left out, except a <c>content</c>: Arrow gives every message the
    /// keys of all messages, which a template would see.
    /// </param>
    /// <exception cref="MttException">The file is missing or not valid.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path, bool keepNulls = true)
    {
        using ParquetFile file = ParquetFile.Open(path);
        ArrayBufferWriter<byte> buffer = new();
        using JsonWriter json = new(buffer);
        foreach (RowGroup group in file.RowGroups(file.Leaves))
        {
            RowWriter writer = new(group.Columns, json, keepNulls);
            for (long row = 0; row < group.Rows; row++)
            {
                buffer.ResetWrittenCount();
                json.Reset();
                file.Guard(() => writer.WriteRow(file.Schema));
                yield return buffer.WrittenMemory;
            }

            file.Guard(group.CheckEnd);
        }
    }

    /// <summary>Walks over the columns and writes their current row.</summary>
    private sealed class RowWriter(ColumnCursor[] columns, JsonWriter json, bool keepNulls)
    {
        public bool WriteRow(SchemaNode root)
        {
            WriteObject(root);
            foreach (ColumnCursor column in columns)
            {
                if (column.Repetition != 0)
                {
                    throw new InvalidDataException("columns disagree about where a row ends");
                }
            }

            json.Flush();
            return true;
        }

        private void WriteObject(SchemaNode group)
        {
            json.WriteStartObject();
            foreach (SchemaNode child in group.Children)
            {
                bool canBeLeftOut = !keepNulls && child.Repetition == Repetition.Optional && child.Name != "content";
                if (canBeLeftOut && IsAbsent(child))
                {
                    SkipEntry(child);
                    continue;
                }

                json.WritePropertyName(child.Name);
                WriteField(child);
            }

            json.WriteEndObject();
        }

        private void WriteField(SchemaNode node)
        {
            if (node.Repetition == Repetition.Repeated)
            {
                WriteItems(node, node);
            }
            else if (IsAbsent(node))
            {
                SkipEntry(node);
                json.WriteNullValue();
            }
            else
            {
                WriteValue(node);
            }
        }

        private void WriteValue(SchemaNode node)
        {
            if (node.IsLeaf)
            {
                ColumnCursor column = columns[node.FirstLeaf];
                ScalarJson.Write(node, column.Value, json);
                column.MoveNext();
            }
            else if (node is { Kind: LogicalKind.List, Children: [{ Repetition: Repetition.Repeated } repeated] })
            {
                WriteItems(repeated, ElementOf(node, repeated));
            }
            else if (IsMap(node))
            {
                WriteMap(node.Children[0]);
            }
            else
            {
                WriteObject(node);
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

        private void WriteItems(SchemaNode repeated, SchemaNode element)
        {
            json.WriteStartArray();
            if (IsAbsent(repeated))
            {
                SkipEntry(repeated);
            }
            else
            {
                do
                {
                    if (element == repeated)
                    {
                        WriteValue(element);
                    }
                    else
                    {
                        WriteField(element);
                    }
                } while (columns[repeated.FirstLeaf].Repetition == repeated.MaxRepetition);
            }

            json.WriteEndArray();
        }

        private void WriteMap(SchemaNode entries)
        {
            json.WriteStartObject();
            if (IsAbsent(entries))
            {
                SkipEntry(entries);
            }
            else
            {
                do
                {
                    ColumnCursor key = columns[entries.FirstLeaf];
                    json.WritePropertyName(key.Definition < entries.Children[0].MaxDefinition ? default : key.Value);
                    key.MoveNext();
                    WriteField(entries.Children[1]);
                } while (columns[entries.FirstLeaf].Repetition == entries.MaxRepetition);
            }

            json.WriteEndObject();
        }

        private bool IsAbsent(SchemaNode node) => columns[node.FirstLeaf].Definition < node.MaxDefinition;

        private void SkipEntry(SchemaNode node)
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
}
