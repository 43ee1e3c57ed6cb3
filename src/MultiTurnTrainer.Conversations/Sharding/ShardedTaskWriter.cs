namespace MultiTurnTrainer.Conversations.Sharding;

/// <summary>Writes sharded tasks, as one Lost-in-Conversation JSON array or as mtt's JSON lines.</summary>
public static class ShardedTaskWriter
{
    private const string AnswerNow = "Now answer with everything I told you.";

    private static readonly HashSet<string> _written = new(
        ["task_id", "id", "task", "family", "system", "question", "shards", "modified_shard", "answer"],
        StringComparer.Ordinal
    );

    /// <summary>Writes the Lost-in-Conversation array: <c>task_id, task, question, shards: [{shard_id, shard}], answer</c>.</summary>
    public static void WriteArray(Stream output, IEnumerable<ShardedTask> tasks)
    {
        using Utf8JsonWriter writer = new(output, JsonText.Writer with { Indented = true, NewLine = "\n" });
        writer.WriteStartArray();
        foreach (ShardedTask task in tasks)
        {
            WriteTask(writer, task, "task_id", "task", numbered: true);
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes one object a line: <c>id, family, question, shards: [text], answer</c>.</summary>
    public static void WriteLines(Stream output, IEnumerable<ShardedTask> tasks)
    {
        foreach (ShardedTask task in tasks)
        {
            using (Utf8JsonWriter writer = new(output, JsonText.Writer))
            {
                WriteTask(writer, task, "id", "family", numbered: task.ModifiedShards.Count > 0);
            }

            output.WriteByte((byte)'\n');
        }
    }

    /// <summary>
    /// Writes conversations for supervised training: system, all shards as user messages, one more that asks for the
    /// answer, the gold answer. Tasks without one are the caller's to leave out.
    /// </summary>
    public static void WriteConversations(Stream output, IEnumerable<ShardedTask> tasks)
    {
        foreach (ShardedTask task in tasks)
        {
            using (Utf8JsonWriter writer = new(output, JsonText.Writer))
            {
                writer.WriteStartObject();
                writer.WriteString("id", task.Id);
                writer.WriteStartArray("messages");
                if (task.System is { } system)
                {
                    WriteMessage(writer, "system", system);
                }

                foreach (string text in task.Shards.Append(AnswerNow))
                {
                    WriteMessage(writer, "user", text);
                }

                WriteMessage(writer, "assistant", task.Answer!);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            output.WriteByte((byte)'\n');
        }
    }

    private static void WriteMessage(Utf8JsonWriter writer, string role, string content)
    {
        writer.WriteStartObject();
        writer.WriteString("role", role);
        writer.WriteString("content", content);
        writer.WriteEndObject();
    }

    private static void WriteTask(Utf8JsonWriter writer, ShardedTask task, string id, string family, bool numbered)
    {
        writer.WriteStartObject();
        writer.WriteString(id, task.Id);
        writer.WriteString(family, task.Family);
        if (task.System is not null)
        {
            writer.WriteString("system", task.System);
        }

        writer.WriteString("question", task.Question);
        writer.WriteStartArray("shards");
        for (int i = 0; i < task.Shards.Count; i++)
        {
            WriteShard(writer, i, task.Shards[i], numbered);
        }

        writer.WriteEndArray();
        if (task.ModifiedShards.Count > 0)
        {
            writer.WriteStartArray("modified_shard");
            foreach ((int index, string text) in task.ModifiedShards.OrderBy(pair => pair.Key))
            {
                WriteShard(writer, index, text, numbered);
            }

            writer.WriteEndArray();
        }

        if (task.Answer is not null)
        {
            writer.WriteString("answer", task.Answer);
        }

        WriteRest(writer, task.Json);
        writer.WriteEndObject();
    }

    /// <summary>What the task's own object holds beside the keys above: tools, schemas, references.</summary>
    private static void WriteRest(Utf8JsonWriter writer, JsonView json)
    {
        if (json.Kind != JsonKind.Object)
        {
            return;
        }

        foreach (JsonMember property in json.EnumerateObject())
        {
            if (!_written.Contains(property.Name))
            {
                property.WriteTo(writer);
            }
        }
    }

    private static void WriteShard(Utf8JsonWriter writer, int index, string text, bool numbered)
    {
        if (!numbered)
        {
            writer.WriteStringValue(text);
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber("shard_id", index + 1);
        writer.WriteString("shard", text);
        writer.WriteEndObject();
    }
}
