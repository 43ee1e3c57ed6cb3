// Folder Lines: many texts of a file, in order, on all threads.
// Refuses to know: how one text is encoded.

namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>Encodes a file of <c>{"text"}</c> lines into <c>{"ids", "offsets"}</c> lines, in the input's order.</summary>
public static class LineEncoder
{
    private const int BatchSize = 512;

    /// <summary>Encodes all lines on all cores.</summary>
    /// <param name="input">A JSON Lines file, gzip allowed, or <c>-</c>.</param>
    /// <param name="tokenizer">What encodes.</param>
    /// <param name="addSpecialTokens">Whether the post-processor's special tokens are added.</param>
    /// <param name="output">Where the lines go; offsets are in code points.</param>
    /// <exception cref="MttException">The input is not valid, or a text cannot be encoded.</exception>
    public static void Run(string input, Tokenizer tokenizer, bool addSpecialTokens, Stream output)
    {
        foreach (TextLine[] batch in TextLineReader.Read(input).Chunk(BatchSize))
        {
            Line[] lines = new Line[batch.Length];
            Parallel.For(0, batch.Length, i => lines[i] = Encode(input, batch[i], tokenizer, addSpecialTokens));
            foreach (Line line in lines)
            {
                // The first failing line is reported, whatever thread met it first.
                output.Write(line.Bytes ?? throw line.Problem!);
            }
        }

        output.Flush();
    }

    private static Line Encode(string input, TextLine line, Tokenizer tokenizer, bool addSpecialTokens)
    {
        Encoding encoding;
        try
        {
            encoding = tokenizer.Encode(line.Text, addSpecialTokens);
        }
        catch (MttException problem)
        {
            return new Line(
                null,
                new MttException($"{input}:{line.Number}: {problem.Message}", problem.Remedy, problem)
            );
        }

        ArrayBufferWriter<byte> bytes = new(64 + encoding.Ids.Length * 20);
        using (Utf8JsonWriter json = new(bytes, JsonText.Writer))
        {
            json.WriteStartObject();
            json.WriteStartArray("ids");
            foreach (int id in encoding.Ids)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteStartArray("offsets");
            foreach ((int start, int end) in encoding.Offsets)
            {
                json.WriteStartArray();
                json.WriteNumberValue(start);
                json.WriteNumberValue(end);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return new Line(bytes.WrittenSpan.ToArray(), null);
    }

    private readonly record struct Line(byte[]? Bytes, MttException? Problem);
}
