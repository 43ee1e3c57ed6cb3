using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;
using MultiTurnTrainer.Files.Json;
using ParquetSharp.Arrow;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>Parquet as Arrow writes it: every object of a column has the keys of all of them, null where it lacks one.</summary>
internal static class ArrowFile
{
    /// <summary>Writes rows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fields">The columns.</param>
    /// <param name="rows">JSON objects; what a row lacks is null.</param>
    public static void Write(string path, (string Name, IArrowType Type)[] fields, params string[] rows)
    {
        JsonView?[] values = [.. rows.Select(row => (JsonView?)JsonView.Parse(row))];
        Schema schema = new([.. fields.Select(field => new Field(field.Name, field.Type, nullable: true))], null);
        IArrowArray[] columns = [.. fields.Select(field => Array(field.Type, Members(values, field.Name)))];
        using FileWriter writer = new(path, schema);
        using RecordBatch batch = new(schema, columns, values.Length);
        writer.WriteRecordBatch(batch);
        writer.Close();
    }

    /// <summary>A struct of nullable members.</summary>
    public static StructType Struct(params (string Name, IArrowType Type)[] members) =>
        new([.. members.Select(member => new Field(member.Name, member.Type, nullable: true))]);

    private static JsonView?[] Members(IEnumerable<JsonView?> owners, string name) =>
        [
            .. owners.Select(owner =>
                owner is { Kind: JsonKind.Object } value
                && value.TryGetProperty(name, out JsonView member)
                && member.Kind != JsonKind.Null
                    ? member
                    : (JsonView?)null
            ),
        ];

    private static IArrowArray Array(IArrowType type, JsonView?[] values)
    {
        ArrowBuffer valid = Bits(values);
        int nulls = values.Count(value => value is null);
        if (type is StructType of)
        {
            IEnumerable<IArrowArray> members = of.Fields.Select(field =>
                Array(field.DataType, Members(values, field.Name))
            );
            return new StructArray(of, values.Length, members, valid, nulls);
        }

        if (type is not NestedType list)
        {
            return Scalars(type, values);
        }

        List<JsonView?> elements = [];
        ArrowBuffer.Builder<int> offsets = new ArrowBuffer.Builder<int>().Append(0);
        ArrowBuffer.Builder<long> longs = new ArrowBuffer.Builder<long>().Append(0);
        foreach (JsonView? value in values)
        {
            elements.AddRange(value?.EnumerateArray().Select(one => (JsonView?)one) ?? []);
            offsets.Append(elements.Count);
            longs.Append(elements.Count);
        }

        IArrowArray inner = Array(list.Fields[0].DataType, [.. elements]);
        return type switch
        {
            LargeListType => new LargeListArray(type, values.Length, longs.Build(), inner, valid, nulls),
            FixedSizeListType => new FixedSizeListArray(type, values.Length, inner, valid, nulls),
            _ => new ListArray(type, values.Length, offsets.Build(), inner, valid, nulls),
        };
    }

    private static IArrowArray Scalars(IArrowType type, JsonView?[] values) =>
        type switch
        {
            StringType => values
                .Aggregate(
                    new StringArray.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append(one.Value.GetString())
                )
                .Build(),
            BooleanType => values
                .Aggregate(
                    new BooleanArray.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append(one.Value.GetInt32() != 0)
                )
                .Build(),
            Int8Type => values
                .Aggregate(
                    new Int8Array.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append((sbyte)one.Value.GetInt32())
                )
                .Build(),
            Int32Type => values
                .Aggregate(
                    new Int32Array.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append(one.Value.GetInt32())
                )
                .Build(),
            Int64Type => values
                .Aggregate(
                    new Int64Array.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append(one.Value.GetInt64())
                )
                .Build(),
            DoubleType => values
                .Aggregate(
                    new DoubleArray.Builder(),
                    (all, one) => one is null ? all.AppendNull() : all.Append(one.Value.GetDouble())
                )
                .Build(),
            _ => throw new NotSupportedException(type.Name),
        };

    private static ArrowBuffer Bits(JsonView?[] values) =>
        values.Aggregate(new ArrowBuffer.BitmapBuilder(), (bits, value) => bits.Append(value is not null)).Build();
}
