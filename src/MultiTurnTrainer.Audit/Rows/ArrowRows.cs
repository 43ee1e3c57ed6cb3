using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace MultiTurnTrainer.Audit.Rows;

/// <summary>Token rows from Arrow's own files, as <c>datasets</c> keeps them: streams of record batches, or the file format.</summary>
internal static class ArrowRows
{
    private const string Remedy =
        "Write the data set again, or save it as Parquet: dataset.to_parquet(\"rows.parquet\").";
    private static readonly byte[] _fileMark = "ARROW1"u8.ToArray();
    private static readonly byte[] _streamEnd = [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0];

    /// <summary>The rows in order; memory holds one record batch.</summary>
    /// <exception cref="MttException">The file is cut off or no Arrow file, or a column cannot be read.</exception>
    public static IEnumerable<StoredRow> Read(string path)
    {
        using FileStream stream = InputFile.OpenRead(path);
        bool isFile = BeginsWith(stream, _fileMark);
        if (!isFile && !EndsWith(stream, _streamEnd))
        {
            throw new MttException($"{path}: is cut off: an Arrow stream ends with a mark, this one does not", Remedy);
        }

        using ArrowStreamReader reader = isFile
            ? new ArrowFileReader(stream, leaveOpen: true)
            : new ArrowStreamReader(stream, leaveOpen: true);
        while (Next(reader, path) is { } batch)
        {
            using (batch)
            {
                Columns columns = Guard(path, () => new Columns(batch));
                for (int i = 0; i < batch.Length; i++)
                {
                    int row = i;
                    yield return Guard(path, () => columns.Row(row));
                }
            }
        }
    }

    private static RecordBatch? Next(ArrowStreamReader reader, string path) => Guard(path, reader.ReadNextRecordBatch);

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception problem)
            when (problem
                    is InvalidDataException
                        or IOException
                        or InvalidOperationException
                        or NotSupportedException
                        or NotImplementedException
                        or OverflowException
                        or ArgumentException
                        or IndexOutOfRangeException
            )
        {
            throw new MttException($"{path}: not a readable Arrow file: {problem.Message}", Remedy, problem);
        }
    }

    private static bool BeginsWith(FileStream stream, byte[] mark)
    {
        byte[] read = new byte[mark.Length];
        int count = stream.ReadAtLeast(read, mark.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        return count == mark.Length && read.AsSpan().SequenceEqual(mark);
    }

    private static bool EndsWith(FileStream stream, byte[] mark)
    {
        if (stream.Length < mark.Length)
        {
            return false;
        }

        byte[] read = new byte[mark.Length];
        stream.Position = stream.Length - mark.Length;
        stream.ReadExactly(read);
        stream.Position = 0;
        return read.AsSpan().SequenceEqual(mark);
    }

    /// <summary>The columns of a record batch that rows are made of.</summary>
    private sealed class Columns
    {
        private readonly List<(string Name, IArrowArray Column)> _lists = [];
        private readonly IArrowArray? _weights;
        private readonly IArrowArray? _id;

        public Columns(RecordBatch batch)
        {
            for (int i = 0; i < batch.ColumnCount; i++)
            {
                string name = batch.Schema.GetFieldByIndex(i).Name;
                IArrowArray column = batch.Column(i);
                if (StoredRow.Unsupported(name) is { } reason)
                {
                    throw new InvalidDataException(reason);
                }

                if (StoredRow.Lists.Contains(name))
                {
                    _lists.Add((name, column));
                }
                else if (name is "loss_scale" or "loss_weights")
                {
                    _weights = column;
                }
                else if (name == "id")
                {
                    _id = column;
                }
            }
        }

        public StoredRow Row(int row)
        {
            Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
            foreach ((string name, IArrowArray column) in _lists)
            {
                if (Slice(column, row) is { } values)
                {
                    ints[name] = Integers(values, name);
                }
            }

            return new StoredRow(Id(row), ints, _weights is null ? null : Floats(Slice(_weights, row)), null);
        }

        private string? Id(int row) =>
            _id switch
            {
                StringArray text => text.GetString(row),
                LargeStringArray text => text.GetString(row),
                Int64Array number => number.GetValue(row)?.ToString(CultureInfo.InvariantCulture),
                Int32Array number => number.GetValue(row)?.ToString(CultureInfo.InvariantCulture),
                _ => null,
            };

        private static IArrowArray? Slice(IArrowArray column, int row) =>
            column switch
            {
                ListArray list => list.IsNull(row) ? null : list.GetSlicedValues(row),
                LargeListArray list => list.IsNull(row) ? null : list.GetSlicedValues(row),
                _ => throw new InvalidDataException("a column of tokens does not hold lists"),
            };

        private static int[] Integers(IArrowArray values, string name) =>
            values switch
            {
                Int32Array array => array.Values.ToArray(),
                Int64Array array => System.Array.ConvertAll(array.Values.ToArray(), value => checked((int)value)),
                Int8Array array => System.Array.ConvertAll(array.Values.ToArray(), value => (int)value),
                UInt8Array array => System.Array.ConvertAll(array.Values.ToArray(), value => (int)value),
                Int16Array array => System.Array.ConvertAll(array.Values.ToArray(), value => (int)value),
                BooleanArray array =>
                [
                    .. Enumerable.Range(0, array.Length).Select(i => array.GetValue(i) == true ? 1 : 0),
                ],
                _ => throw new InvalidDataException($"{name} does not hold whole numbers"),
            };

        private static float[]? Floats(IArrowArray? values) =>
            values switch
            {
                null => null,
                FloatArray array => array.Values.ToArray(),
                DoubleArray array => System.Array.ConvertAll(array.Values.ToArray(), value => (float)value),
                _ => throw new InvalidDataException("loss weights are no numbers"),
            };
    }
}
