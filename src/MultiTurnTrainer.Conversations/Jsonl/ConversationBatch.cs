using System.Buffers;
using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Some rows of a file, cut but not yet parsed: one thread cuts, others parse. Order lies in the batches' order.</summary>
public sealed class ConversationBatch
{
    // One batch at a time on a thread: its tape serves the next one too.
    [ThreadStatic]
    private static CanonicalTape? _spare;

    private readonly string _file;
    private readonly List<SourceRecord> _rows = [];
    private byte[] _bytes;

    private ConversationBatch(string file, int targetBytes)
    {
        _file = file;
        _bytes = ArrayPool<byte>.Shared.Rent(targetBytes + (targetBytes / 4));
    }

    /// <summary>Bytes of the rows.</summary>
    public int Bytes { get; private set; }

    /// <summary>Cuts files into batches, in order.</summary>
    /// <param name="paths">Files in every container that mtt reads; <c>-</c> is standard input.</param>
    /// <param name="targetBytes">A batch is closed when it holds this many bytes.</param>
    /// <param name="shard">The part of all rows that is wanted; null is the whole. The files are cut twice for a part: it counts the rows first.</param>
    /// <exception cref="MttException">A file cannot be read or holds no rows, or a part of standard input is wanted.</exception>
    public static IEnumerable<ConversationBatch> Read(
        IReadOnlyCollection<string> paths,
        int targetBytes,
        Shard? shard = null
    )
    {
        bool whole = shard is null or { Count: 1 };
        long rows = whole ? 0 : CountRows(paths);
        long row = 0;
        foreach (string path in paths)
        {
            using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
            ConversationBatch batch = new(source.File, targetBytes);
            bool any = false;
            while (source.TryRead(out SourceRecord record))
            {
                if ((record.Flags & RecordFlags.Blank) != 0)
                {
                    continue;
                }

                any = true;
                if (!whole && !shard!.Holds(row++, rows))
                {
                    continue;
                }

                batch.Add(record);
                if (batch.Bytes >= targetBytes)
                {
                    yield return batch;
                    batch = new ConversationBatch(source.File, targetBytes);
                }
            }

            if (!any)
            {
                throw new MttException($"{path}: holds no rows", "Check that the export that wrote it has finished.");
            }

            if (batch._rows.Count > 0)
            {
                yield return batch;
            }
        }
    }

    /// <summary>How many rows some files have.</summary>
    /// <exception cref="MttException">A file cannot be read, or is standard input, which can be read once only.</exception>
    public static long CountRows(IEnumerable<string> paths)
    {
        long rows = 0;
        foreach (string path in paths)
        {
            if (path == "-")
            {
                throw new MttException(
                    "--shard: the rows of standard input cannot be counted before they are read",
                    "Name files."
                );
            }

            using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
            while (source.TryRead(out SourceRecord record))
            {
                rows += (record.Flags & RecordFlags.Blank) == 0 ? 1 : 0;
            }
        }

        return rows;
    }

    /// <summary>Parses the rows and stops at the first that is no conversation. Once only: the batch gives its memory back.</summary>
    /// <param name="options">How rows are converted.</param>
    /// <exception cref="MttException">A row is unusable; the message names file, line and path.</exception>
    public IEnumerable<Conversation> Parse(ConversionOptions options)
    {
        CanonicalTape row = _spare ?? new CanonicalTape();
        _spare = null;
        int start = 0;
        foreach (SourceRecord record in _rows)
        {
            // The reader's buffer has gone on: the bytes are those of the batch.
            Memory<byte> bytes = _bytes.AsMemory(start, record.Bytes.Length);
            start += bytes.Length;
            yield return ConversationReader.Convert(_file, record with { Bytes = bytes }, row, options);
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _spare = row.IsLarge ? null : row;
    }

    private void Add(SourceRecord record)
    {
        if (Bytes + record.Bytes.Length > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Bytes + record.Bytes.Length);
            _bytes.AsSpan(0, Bytes).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        record.Bytes.Span.CopyTo(_bytes.AsSpan(Bytes));
        Bytes += record.Bytes.Length;
        _rows.Add(record);
    }
}
