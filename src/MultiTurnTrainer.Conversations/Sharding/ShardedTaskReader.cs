using MultiTurnTrainer.Conversations.Jsonl;

namespace MultiTurnTrainer.Conversations.Sharding;

/// <summary>
/// Reads sharded tasks: the Lost-in-Conversation format (one JSON array, or one object a line as RLSTA ships it) and
/// mtt's own (<c>{"id","family","question","shards","answer"}</c>, one object a line). Shards may be plain strings or
/// <c>{"shard_id","shard"}</c> (the released readme's <c>shard_text</c> is accepted too).
/// </summary>
public static class ShardedTaskReader
{
    // A benchmark is held in memory whole.
    private const int MaxBytes = 1 << 30;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="MttException">Not JSON, or an item without id, shards or question: file, item and what is missing.</exception>
    public static IReadOnlyList<ShardedTask> Read(string path)
    {
        List<ShardedTask> tasks = RowContainers.Find(path) is { } container
            ?
            [
                .. container
                    .Read(path)
                    .Select((row, i) => ReadOne(Parse(path, $"{i + 1}", row), $"{path}: row {i + 1}")),
            ]
            : ReadText(path);
        return tasks.Count > 0
            ? tasks
            : throw new MttException($"{path}: holds no task", "A task is an object with id, shards and question.");
    }

    private static List<ShardedTask> ReadText(string path)
    {
        byte[] bytes = InputFile.ReadBytes(path, "Name a file of sharded tasks, or make one with mtt shard.", MaxBytes);
        List<ShardedTask> tasks = [];
        int first = Array.FindIndex(bytes, value => value is not (32 or 9 or 10 or 13));
        if (first >= 0 && bytes[first] == '[')
        {
            int index = 0;
            foreach (JsonView item in Parse(path, "1", bytes).EnumerateArray())
            {
                tasks.Add(ReadOne(item, $"{path}: item {index++}"));
            }
        }
        else
        {
            int line = 0;
            foreach (ReadOnlyMemory<byte> text in Lines(bytes))
            {
                line++;
                if (!text.Span.Trim(" \t\r"u8).IsEmpty)
                {
                    tasks.Add(ReadOne(Parse(path, $"{line}", text), $"{path}:{line}"));
                }
            }
        }

        return tasks;
    }

    private static ShardedTask ReadOne(JsonView item, string place)
    {
        if (item.Kind != JsonKind.Object)
        {
            throw new MttException($"{place}: a task must be an object", "mtt docs sharding#formats shows it.");
        }

        string id =
            Text(item, "task_id")
            ?? Text(item, "id")
            ?? item.Get("question_id")?.ToString()
            ?? throw Missing(place, "task_id");
        if (!item.TryGetProperty("shards", out _))
        {
            if (HasItems(item, "messages"))
            {
                return SessionTask.Of(item, id, place);
            }

            if (HasItems(item, "options"))
            {
                return Choice(item, id, place);
            }
        }

        (IReadOnlyList<string> shards, IReadOnlyList<string> ids) = ReadShards(item, "shards", place);
        if (shards.Count == 0)
        {
            throw Missing(place, "shards");
        }

        return new ShardedTask
        {
            Id = id,
            Family =
                Text(item, "task") ?? Text(item, "family") ?? (item.TryGetProperty("answer", out _) ? "math" : "exact"),
            Question = Question(item) ?? string.Join("\n", shards),
            Shards = shards,
            ModifiedShards = Modified(item, ids, place),
            Answer = Text(item, "answer"),
            System = Text(item, "system"),
            Place = place,
            Json = item,
        };
    }

    private static bool HasItems(JsonView item, string name) =>
        item.Get(name) is { Kind: JsonKind.Array } list && list.GetArrayLength() > 0;

    // MMLU-Pro: a question in one turn.
    private static ShardedTask Choice(JsonView item, string id, string place)
    {
        string question = Text(item, "question") ?? throw Missing(place, "question");
        return new ShardedTask
        {
            Id = id,
            Family = "choice",
            Question = question,
            Shards = [question],
            Answer = Text(item, "answer"),
            Place = place,
            Json = item,
        };
    }

    // Actions and database items hold [[{role, content}]] instead of a text.
    private static string? Question(JsonView item)
    {
        if (Text(item, "question") is { } question)
        {
            return question;
        }

        if (!item.TryGetProperty("fully_specified_question", out JsonView full))
        {
            return Text(item, "document_de") ?? Text(item, "prompt") ?? Text(item, "table_highlighted_html");
        }

        while (full.Kind == JsonKind.Array && full.GetArrayLength() > 0)
        {
            full = full[0];
        }

        return full.Kind == JsonKind.Object ? Text(full, "content") : full.ToString();
    }

    private static (IReadOnlyList<string> Texts, IReadOnlyList<string> Ids) ReadShards(
        JsonView item,
        string key,
        string place
    )
    {
        List<string> texts = [];
        List<string> ids = [];
        if (item.TryGetProperty(key, out JsonView list) && list.Kind == JsonKind.Array)
        {
            foreach (JsonView shard in list.EnumerateArray())
            {
                bool plain = shard.Kind == JsonKind.String;
                if (!plain && shard.Kind != JsonKind.Object)
                {
                    throw Missing(place, $"{key}[{texts.Count}].shard");
                }

                string? text = plain ? shard.GetString() : Text(shard, "shard") ?? Text(shard, "shard_text");
                texts.Add(text ?? throw Missing(place, $"{key}[{texts.Count}].shard"));
                ids.Add(
                    !plain && shard.TryGetProperty("shard_id", out JsonView number)
                        ? number.ToString()
                        : $"{texts.Count}"
                );
            }
        }

        return (texts, ids);
    }

    private static IReadOnlyDictionary<int, string> Modified(JsonView item, IReadOnlyList<string> ids, string place)
    {
        (IReadOnlyList<string> texts, IReadOnlyList<string> wrongIds) = ReadShards(item, "modified_shard", place);
        Dictionary<int, string> result = [];
        for (int i = 0; i < texts.Count; i++)
        {
            int index = ids.ToList().IndexOf(wrongIds[i]);
            result[index >= 0 ? index : throw Missing(place, $"the shard that modified_shard[{i}] replaces")] = texts[
                i
            ];
        }

        return result;
    }

    private static string? Text(JsonView item, string key) =>
        item.TryGetProperty(key, out JsonView value) && value.Kind == JsonKind.String ? value.GetString() : null;

    private static MttException Missing(string place, string what) =>
        new($"{place}: {what} is missing", "Every task needs an id and a list of shards with their texts.");

    private static JsonView Parse(string path, string line, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonView.Parse(bytes.Span);
        }
        catch (FormatException problem)
        {
            throw new MttException($"{path}:{line}: not JSON: {problem.Message}", "Fix or remove the line.", problem);
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] bytes)
    {
        for (int start = 0; start < bytes.Length; )
        {
            int length = bytes.AsSpan(start).IndexOf((byte)'\n');
            length = length < 0 ? bytes.Length - start : length;
            yield return bytes.AsMemory(start, length);
            start += length + 1;
        }
    }
}
