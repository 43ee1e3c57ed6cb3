namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Token rows as JSON lines: <c>{"id", "input_ids", "labels", "loss_weights"?, "spans"?}</c>.</summary>
internal sealed class JsonlTokenRowWriter : TokenRowWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 16);
    private readonly JsonWriter _json;
    private readonly Stream _stream;

    public JsonlTokenRowWriter(OutputFile file)
        : base(file)
    {
        _stream = file.Stream;
        _json = new JsonWriter(_buffer);
    }

    private protected override void WriteRow(TokenRow row)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("id"u8, row.Id);
        WriteInts("input_ids"u8, row.InputIds);
        WriteInts("labels"u8, row.Labels);
        if (row.LossWeights is not null)
        {
            _json.WriteStartArray("loss_weights"u8);
            foreach (float weight in row.LossWeights)
            {
                _json.WriteNumberValue(weight);
            }

            _json.WriteEndArray();
        }

        if (row.Spans is not null)
        {
            _json.WritePropertyName("spans"u8);
            SupervisedSpans.Write(_json, row.Spans);
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n"u8);
        _stream.Write(_buffer.WrittenSpan);
    }

    private protected override void WriteEnd() => _stream.Flush();

    private void WriteInts(ReadOnlySpan<byte> name, int[] values)
    {
        _json.WriteStartArray(name);
        foreach (int value in values)
        {
            _json.WriteNumberValue(value);
        }

        _json.WriteEndArray();
    }
}
