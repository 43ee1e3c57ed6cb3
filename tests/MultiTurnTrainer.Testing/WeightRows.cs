namespace MultiTurnTrainer.Testing;

/// <summary>One set of weights, in every place and format: what every command must learn of it.</summary>
public static class WeightRows
{
    /// <summary>A question.</summary>
    public const string Question = """{"role":"user","content":"q"}""";

    /// <summary>An answer without a weight.</summary>
    public const string Right = """{"role":"assistant","content":"right"}""";

    /// <summary>The rows, and how many characters of the answer of each turn are learned. All of them are valid.</summary>
    public static IReadOnlyList<(string Row, int[] Learned)> All { get; } =
    [
        (Messages("\"weight\":0"), [0, 5]),
        (Messages("\"loss_weight\":0.0"), [0, 5]),
        (Messages("\"loss\":false"), [0, 5]),
        (Messages("\"loss_mask\":0"), [0, 5]),
        (Messages("\"train\":false"), [0, 5]),
        (Messages("\"training\":0"), [0, 5]),
        (Messages("\"train_on_turn\":false"), [0, 5]),
        (Messages("\"weight\":0,\"train\":false"), [0, 5]),
        (Messages("\"weight\":0.5,\"loss\":true"), [5, 5]),
        (Messages("\"weight\":null"), [5, 5]),
        (Messages("\"training_detail\":[{\"begin_offset\":0,\"end_offset\":1,\"train\":false}]"), [3, 5]),
        ($$"""{"messages":[{{Question}},{{Right}}],"train":"train-split","weight":0.25}""", [5]),
        (
            """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"wrong","loss":false},{"from":"human","value":"q"},{"from":"gpt","value":"right"}]}""",
            [0, 5]
        ),
        ("""{"instruction":"q","output":"right","loss_weight":0.5}""", [5]),
        ("""{"query":"q","response":"right","history":[["q","older"]],"weight":0.5}""", [5, 5]),
        (
            """{"messages":[{"role":"user","content":[{"type":"text","value":"q"}]},{"role":"assistant","content":[{"type":"text","value":"no","loss_weight":0},{"type":"text","value":"right"}]}]}""",
            [5]
        ),
        (
            $$"""{"prompt":[{{Question}},{"role":"assistant","content":"wrong"},{{Question}}],"completion":[{{Right}}]}""",
            [0, 5]
        ),
        (
            $$"""{"input":[{{Question}},{"role":"assistant","content":"wrong","train":false},{{Question}},{{Right}}]}""",
            [0, 5]
        ),
        ($$"""[{{Question}},{"role":"assistant","content":"wrong","loss":0},{{Question}},{{Right}}]""", [0, 5]),
    ];

    /// <summary>A row whose first answer carries some keys.</summary>
    public static string Messages(string keys) =>
        $$"""{"messages":[{{Question}},{"role":"assistant","content":"wrong",{{keys}}},{{Question}},{{Right}}]}""";

    /// <summary>The rows as JSON lines.</summary>
    public static string Lines => string.Concat(All.Select(row => row.Row + "\n"));
}
