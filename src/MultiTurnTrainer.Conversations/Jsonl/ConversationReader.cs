// Folder Jsonl: cuts files, packed or not, into rows, and reads and writes conversations.
// Refuses to know: what a finding is, what is trained.
using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>
/// Reads conversations one at a time from JSON lines, a JSON array, or JSON values, plain or packed with gzip or zstd,
/// from files, pipes or standard input (<c>-</c>), in every format that mtt knows. Memory is bounded by the longest row.
/// </summary>
public static class ConversationReader
{
    /// <summary>Most bytes a row may have.</summary>
    public const int MaxRowBytes = 32 << 20;

    /// <summary>Reads one file and stops at the first row that is no conversation.</summary>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="options">How rows are converted; by default OpenAI rows stay exactly as they are.</param>
    /// <exception cref="MttException">The file cannot be read or a row is unusable; the message names file, line and path.</exception>
    public static IEnumerable<Conversation> Read(string path, ConversionOptions? options = null)
    {
        using IRecordSource source = RecordSources.Open(path, MaxRowBytes);
        CanonicalTape row = new();
        bool any = false;
        while (source.TryRead(out SourceRecord record))
        {
            if ((record.Flags & RecordFlags.Blank) != 0)
            {
                continue;
            }

            any = true;
            yield return Convert(source.File, record, row, options ?? ConversionOptions.Faithful);
        }

        if (!any)
        {
            throw new MttException($"{path}: holds no rows", "Check that the export that wrote it has finished.");
        }
    }

    /// <summary>Makes a conversation of a row.</summary>
    internal static Conversation Convert(string file, SourceRecord record, CanonicalTape row, ConversionOptions options)
    {
        JsonTape tape = row.Source;
        if ((record.Flags & RecordFlags.TooLong) != 0)
        {
            throw Bad(file, record.Line, "", RowLimit.Message(MaxRowBytes));
        }

        if ((record.Flags & RecordFlags.Unclosed) != 0)
        {
            throw Bad(file, record.Line, "", "the file ends inside a JSON array: it is cut off");
        }

        if (record.Problem is { } broken)
        {
            string reason = (record.Flags & RecordFlags.Binary) != 0 ? broken : $"not CSV: {broken}";
            throw Bad(file, record.Line, "", reason);
        }

        if ((record.Flags & RecordFlags.NoComma) != 0)
        {
            throw Bad(file, record.Line, "", "not JSON: no comma parts this element from the one before");
        }

        if (!tape.Scan(record.Bytes))
        {
            JsonProblem problem = tape.Problem!;
            (long line, int column) = TextPosition.Of(record, problem.Offset);
            string at = Invariant($"column {column}: not JSON: {problem.Message}");
            throw Bad(file, line, JsonPathText.OfFailure(tape), at);
        }

        if (tape.NonAscii && !Utf8.IsValid(record.Bytes.Span))
        {
            string text = "the text is not valid UTF-8";
            throw Bad(file, record.Line, tape.PathAt(tape.InvalidUtf8At()), text);
        }

        if (row.Load(options) is { } refusal)
        {
            throw Bad(
                file,
                record.Line,
                refusal.Token == 0 ? "" : JsonPathText.Of(tape, refusal.Token),
                row.Format is null ? $"not a conversation: {refusal.Reason}" : refusal.Reason
            );
        }

        if (row.Problems.Count > 0)
        {
            RowProblem problem = row.Problems[0];
            throw Bad(file, record.Line, row.Place(problem.Token).Path, problem.Text, problem.Hint);
        }

        JsonView json = row.Keep(out bool lostNulls);
        return Conversation.FromJson(json, file, record.Line, row.Supervision, lostNulls);
    }

    private static MttException Bad(string file, long line, string path, string message, string? hint = null) =>
        new(
            Invariant($"{file}:{line}: {(path.Length > 0 ? path + ": " : "")}{message}"),
            hint ?? $"mtt validate {file} lists every problem of the file."
        );
}
