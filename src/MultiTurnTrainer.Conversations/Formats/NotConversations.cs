namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Rows that data sets hold and that are no conversations: said by name.</summary>
internal static class NotConversations
{
    private static readonly (string[] Keys, string What)[] _known =
    [
        (["file", "line", "reason"], "the list of rows that mtt prepare left out; name the data files beside it"),
        (["file", "line", "reasons"], "the list of rows that mtt rejected; fix the rows in the files it names"),
        (["input_ids"], "token ids made by another tool; give the text they were made from"),
        (["question_id", "turns"], "benchmark questions (MT-Bench): prompts without answers"),
        (["question_id", "choices"], "benchmark answers (MT-Bench): answers without their questions"),
        (["shards"], "a sharded task (Lost in Conversation): instructions for a simulator, not a conversation"),
        (["messages_display"], "a dialogue printed for display (tau-bench few-shot): its tool calls are lost"),
        (["premise", "hypothesis"], "a text-pair classification row"),
        (["Function_Description", "Instructions"], "tool descriptions with instructions (ToolAlpaca): no answers"),
        (["class", "data"], "evaluation prompts (UltraChat): no answers"),
        (["contents"], "Google's \"contents\" with \"parts\"; write them as \"messages\""),
        (["text"], "plain text for pretraining"),
        (["content"], "plain text for pretraining"),
    ];

    /// <summary>Why a row that no format recognises is no conversation.</summary>
    public static string Explain(JsonTape row)
    {
        if (row[0].Kind == JsonKind.Array)
        {
            return "the row is a list, not an object";
        }

        if (row[0].Kind != JsonKind.Object)
        {
            return "the row is a single value, not an object";
        }

        List<string> names = [];
        for (int at = 1; at < row[0].Next && names.Count < 64; at = row[at + 1].Next)
        {
            names.Add(row.String(at));
        }

        foreach ((string[] keys, string what) in _known)
        {
            if (keys.All(names.Contains))
            {
                return what;
            }
        }

        if (PreferenceFormat.OneSide(row) is { } oneSide)
        {
            return oneSide.Reason;
        }

        if (MessageList.Problem(row) is { } problem)
        {
            return problem;
        }

        if (names.Count == 0)
        {
            return "the row is an empty object";
        }

        string shown = string.Join(", ", names.Take(8).Select(name => name.Length > 40 ? name[..40] + "…" : name));
        return $"no format known here has the keys {shown}{(names.Count > 8 ? ", …" : "")}";
    }
}
