using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

namespace MultiTurnTrainer.Audit.Correcting;

/// <summary>
/// Writes rows as a folder that <c>datasets.load_from_disk</c> reads, or as JSON lines. Labels are not shifted, and −100 is
/// ignored, as all of these trainers have it.
/// </summary>
internal abstract class CorrectedRows : IDisposable
{
    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Begins an output: a <c>.jsonl</c> file, or a folder.</summary>
    /// <param name="path">The output.</param>
    /// <param name="layout">The trainer's columns.</param>
    /// <param name="force">Whether an output that exists is replaced.</param>
    /// <exception cref="MttException">The output is taken, or cannot be written.</exception>
    public static CorrectedRows Create(string path, RowLayout layout, bool force) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".jsonl" => new JsonOutput(OutputFile.Create(path, force), layout),
            "" => new ArrowOutput(path, layout, force),
            var other => throw new MttException(
                $"{path}: corrected rows are a folder of datasets, or a .jsonl file, not {other}",
                "Name a folder: every trainer reads it (datasets.load_from_disk)."
            ),
        };

    /// <summary>Adds a row.</summary>
    public void Write(TokenRow row)
    {
        WriteRow(row);
        Rows++;
    }

    /// <summary>Finishes the output and gives it its name.</summary>
    public abstract void Commit();

    /// <inheritdoc/>
    public abstract void Dispose();

    protected abstract void WriteRow(TokenRow row);

    private static int[] Values(TokenRow row, string column) =>
        column switch
        {
            "input_ids" => row.InputIds,
            "labels" => row.Labels,
            "lengths" => [row.Length],
            _ => [.. Enumerable.Repeat(1, row.Length)],
        };

    private sealed class JsonOutput(OutputFile file, RowLayout layout) : CorrectedRows
    {
        public override void Commit() => file.Commit();

        public override void Dispose() => file.Dispose();

        protected override void WriteRow(TokenRow row)
        {
            JsonFields fields = new JsonFields().AddPresent("id", row.Id);
            foreach (string column in layout.Columns)
            {
                fields[column] = Values(row, column);
            }

            JsonText.WriteLine(file.Stream, fields.AddPresent("loss_weights", row.LossWeights));
        }
    }

    private sealed class ArrowOutput : CorrectedRows
    {
        private const string DataFile = "data-00000-of-00001.arrow";
        private const int RowsPerBatch = 1000;

        private readonly string _folder;
        private readonly string? _root;
        private readonly RowLayout _layout;
        private readonly OutputFile _file;
        private readonly Schema _schema;
        private readonly ArrowStreamWriter _writer;
        private readonly List<TokenRow> _waiting = [];
        private readonly bool _force;

        public ArrowOutput(string path, RowLayout layout, bool force)
        {
            if (!force && Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new MttException(
                    $"{path}: already exists and is not empty",
                    "Give --force to replace it, or another name."
                );
            }

            _force = force;
            _layout = layout;
            _root = layout.Split is null ? null : path;
            _folder = layout.Split is null ? path : Path.Combine(path, layout.Split);
            Directory.CreateDirectory(_folder);
            _file = OutputFile.Create(Path.Combine(_folder, DataFile), force);
            Schema.Builder schema = new();
            foreach (string column in layout.Columns)
            {
                schema.Field(new Field(column, new ListType(Int32Type.Default), nullable: true));
            }

            _schema = schema.Build();
            _writer = new ArrowStreamWriter(_file.Stream, _schema, leaveOpen: true);
        }

        public override void Commit()
        {
            WriteBatch();
            _writer.WriteEnd();
            _file.Commit();
            JsonFields state = new()
            {
                ["_data_files"] = new[] { new { filename = DataFile } },
                ["_fingerprint"] = ContentHash.OfFile(Path.Combine(_folder, DataFile))[..16],
                ["_format_columns"] = null,
                ["_format_kwargs"] = new { },
                ["_format_type"] = null,
                ["_output_all_columns"] = false,
                ["_split"] = "train",
            };
            JsonFields info = new()
            {
                ["citation"] = "",
                ["description"] = "",
                ["homepage"] = "",
                ["license"] = "",
            };
            Put(_folder, "state.json", state);
            Put(_folder, "dataset_info.json", info);
            if (_root is not null)
            {
                Put(_root, "dataset_dict.json", new JsonFields { ["splits"] = new[] { _layout.Split! } });
            }
        }

        public override void Dispose()
        {
            _writer.Dispose();
            _file.Dispose();
        }

        protected override void WriteRow(TokenRow row)
        {
            _waiting.Add(row);
            if (_waiting.Count == RowsPerBatch)
            {
                WriteBatch();
            }
        }

        private void WriteBatch()
        {
            IEnumerable<IArrowArray> columns = _layout.Columns.Select(column =>
            {
                ListArray.Builder list = new(Int32Type.Default);
                Int32Array.Builder values = (Int32Array.Builder)list.ValueBuilder;
                foreach (TokenRow row in _waiting)
                {
                    list.Append();
                    values.Append(Values(row, column).AsSpan());
                }

                return (IArrowArray)list.Build();
            });
            using RecordBatch batch = new(_schema, [.. columns], _waiting.Count);
            _writer.WriteRecordBatch(batch);
            _waiting.Clear();
        }

        private void Put(string folder, string name, JsonFields fields) =>
            OutputFile.WriteAllBytes(
                Path.Combine(folder, name),
                Encoding.UTF8.GetBytes(JsonText.Page(fields)),
                _force || !File.Exists(Path.Combine(folder, name))
            );
    }
}
