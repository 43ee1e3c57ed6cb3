using MultiTurnTrainer.Audit.Comparing;

namespace MultiTurnTrainer.Audit.Pairing;

/// <summary>Some rows of the data, cut but not parsed: one thread cuts, others make rows of them.</summary>
internal sealed class DataBatch
{
    private const int BatchBytes = 1 << 19;

    private readonly string _file;
    private readonly long _first;
    private readonly List<(byte[] Bytes, SourceRecord Record)> _rows = [];

    private DataBatch(string file, long first) => (_file, _first) = (file, first);

    /// <summary>Cuts files into batches, in order.</summary>
    /// <exception cref="MttException">A file cannot be read or holds no rows.</exception>
    public static IEnumerable<DataBatch> Read(IEnumerable<string> paths)
    {
        long index = 0;
        foreach (string path in paths)
        {
            using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
            DataBatch batch = new(source.File, index);
            int size = 0;
            long before = index;
            while (source.TryRead(out SourceRecord record))
            {
                if ((record.Flags & RecordFlags.Blank) != 0)
                {
                    continue;
                }

                batch._rows.Add((record.Bytes.ToArray(), record));
                index++;
                size += record.Bytes.Length;
                if (size >= BatchBytes)
                {
                    yield return batch;
                    batch = new DataBatch(source.File, index);
                    size = 0;
                }
            }

            if (index == before)
            {
                throw new MttException($"{path}: holds no rows", "Check that the export that wrote it has finished.");
            }

            if (batch._rows.Count > 0)
            {
                yield return batch;
            }
        }
    }

    /// <summary>What mtt makes of the rows.</summary>
    /// <param name="builder">Makes rows of conversations.</param>
    /// <param name="options">How rows of other formats become conversations.</param>
    /// <param name="tokenizer">For the contents of what is refused.</param>
    public IEnumerable<(OwnConversation Own, ReadOnlyMemory<byte> Source)> Build(
        RowBuilder builder,
        RowOptions options,
        Tokenizer tokenizer
    )
    {
        CanonicalTape tape = new();
        for (int i = 0; i < _rows.Count; i++)
        {
            (byte[] bytes, SourceRecord cut) = _rows[i];
            yield return (Build(builder, options, tokenizer, tape, cut with { Bytes = bytes }, _first + i), bytes);
        }
    }

    private OwnConversation Build(
        RowBuilder builder,
        RowOptions options,
        Tokenizer tokenizer,
        CanonicalTape tape,
        SourceRecord record,
        long index
    )
    {
        Conversation conversation;
        try
        {
            conversation = ConversationReader.Convert(_file, record, tape, options.Conversion);
        }
        catch (MttException problem)
        {
            RowFinding finding = new("not-a-conversation", _file, -1, problem.Message);
            return new OwnConversation(index, null, _file, record.Line, [], [finding]);
        }

        RowOutcome outcome = builder.Build(conversation);
        IReadOnlyList<RowFinding> refusals = outcome.IsRefused
            ? outcome.Findings
            : [.. outcome.Counts.Losses.Keys.Select(cause => new RowFinding(cause, conversation.Place, -1, cause))];
        string contents =
            outcome.Rows.Count > 0 ? "" : string.Join('\n', conversation.Messages.Select(message => message.Content));
        return new OwnConversation(
            index,
            conversation.Id,
            _file,
            record.Line,
            [.. outcome.Rows.Select(row => new OwnRow(row))],
            outcome.Rows.Count > 0 ? [] : refusals
        )
        {
            Key = conversation.Id ?? ContentHash.Of(conversation.Json.RawUtf8),
            Contents = contents.Length == 0 ? [] : tokenizer.Encode(contents, false).Ids,
        };
    }
}
