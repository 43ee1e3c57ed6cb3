using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Some rows of a file, cut but not yet parsed: one thread cuts, others parse. Order lies in the batches' order.</summary>
public sealed class ConversationBatch
{
    private readonly string _file;
    private readonly List<(int Length, SourceRecord Record)> _rows = [];
    private readonly ByteBuilder _bytes = new();

    private ConversationBatch(string file) => _file = file;

    /// <summary>Bytes of the rows.</summary>
    public int Bytes => _bytes.Length;

    /// <summary>Cuts files into batches, in order.</summary>
    /// <param name="paths">Files in every container that mtt reads; <c>-</c> is standard input.</param>
    /// <param name="targetBytes">A batch is closed when it holds this many bytes.</param>
    /// <exception cref="MttException">A file cannot be read or holds no rows.</exception>
    public static IEnumerable<ConversationBatch> Read(IEnumerable<string> paths, int targetBytes)
    {
        foreach (string path in paths)
        {
            using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
            ConversationBatch batch = new(source.File);
            bool any = false;
            while (source.TryRead(out SourceRecord record))
            {
                if ((record.Flags & RecordFlags.Blank) != 0)
                {
                    continue;
                }

                any = true;
                batch._rows.Add((record.Bytes.Length, record));
                batch._bytes.Add(record.Bytes.Span);
                if (batch.Bytes >= targetBytes)
                {
                    yield return batch;
                    batch = new ConversationBatch(source.File);
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

    /// <summary>Parses the rows and stops at the first that is no conversation.</summary>
    /// <param name="options">How rows are converted.</param>
    /// <exception cref="MttException">A row is unusable; the message names file, line and path.</exception>
    public IEnumerable<Conversation> Parse(ConversionOptions options)
    {
        CanonicalTape row = new();
        int start = 0;
        foreach ((int length, SourceRecord cut) in _rows)
        {
            // The reader's buffer has gone on: the bytes are those of the batch.
            SourceRecord record = cut with
            {
                Bytes = _bytes.Memory.Slice(start, length),
            };
            start += length;
            yield return ConversationReader.Convert(_file, record, row, options);
        }
    }
}
