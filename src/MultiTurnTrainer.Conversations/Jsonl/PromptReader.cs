using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>What a model is asked with: a conversation, or token ids as they stand.</summary>
/// <param name="Conversation">The conversation; null for ids.</param>
/// <param name="Ids">The ids; null for a conversation.</param>
public sealed record PromptRow(Conversation? Conversation, int[]? Ids);

/// <summary>
/// Reads prompts from every container that conversations come in: conversations of every format, questions without an
/// answer, and rows with <c>input_ids</c>.
/// </summary>
public static class PromptReader
{
    /// <summary>Reads one file and stops at the first row that is no prompt.</summary>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="options">How rows are converted.</param>
    /// <exception cref="MttException">The file cannot be read or a row is unusable; the message names file, line and path.</exception>
    public static IEnumerable<PromptRow> Read(string path, ConversionOptions options)
    {
        options = options with { Prompts = true };
        using IRecordSource source = RecordSources.Open(path, ConversationReader.MaxRowBytes);
        CanonicalTape row = new();
        JsonTape ids = new();
        bool any = false;
        while (source.TryRead(out SourceRecord record))
        {
            if ((record.Flags & RecordFlags.Blank) != 0)
            {
                continue;
            }

            any = true;
            bool hasIds =
                record.Bytes.Span.IndexOf("\"input_ids\""u8) >= 0
                && ids.Scan(record.Bytes)
                && ids.Present(0, "input_ids"u8) >= 0;
            yield return hasIds
                ? new PromptRow(null, Ids(ids, source.File, record.Line))
                : new PromptRow(ConversationReader.Convert(source.File, record, row, options), null);
        }

        if (!any)
        {
            throw new MttException($"{path}: holds no rows", "Give conversations or {\"input_ids\"} lines.");
        }
    }

    private static int[] Ids(JsonTape row, string file, long line)
    {
        int list = row.Present(0, "input_ids"u8);
        List<int> ids = [];
        for (int at = list + 1; row[list].Kind == JsonKind.Array && at < row[list].Next; at = row[at].Next)
        {
            bool isId = int.TryParse(row.Raw(at), NumberStyles.None, CultureInfo.InvariantCulture, out int id);
            ids.Add(
                isId
                    ? id
                    : throw new MttException(
                        $"{file}:{line}: {JsonPathText.Of(row, at)}: is {Shown.Text(row, at)}, not a token id",
                        "A line is a conversation, or {\"input_ids\": [integers]}."
                    )
            );
        }

        return ids.Count > 0
            ? [.. ids]
            : throw new MttException(
                $"{file}:{line}: input_ids: holds no token ids",
                "A line is a conversation, or {\"input_ids\": [integers]}."
            );
    }
}
