// Folder Pairs: two continuations of one beginning, the one better than the other, as rows.
// Refuses to know: who wrote them, how they were compared.
namespace MultiTurnTrainer.Conversations.Pairs;

/// <summary>A preference with where it comes from.</summary>
/// <param name="Source">What it was made of: <c>review</c>, <c>evaluate</c>, <c>trajectory</c>, <c>regeneration</c>, <c>edit</c>, <c>fork</c>.</param>
/// <param name="Id">Names the pair among those of its source.</param>
/// <param name="Turn">The exchange, from 1, of the first answer that differs.</param>
public sealed record AnswerPair(string Source, string Id, int Turn)
{
    /// <summary>The messages before the fork; each is written as the JSON object it is.</summary>
    public required IReadOnlyList<object> Prompt { get; init; }

    /// <summary>The better continuation.</summary>
    public required IReadOnlyList<object> Chosen { get; init; }

    /// <summary>The other.</summary>
    public required IReadOnlyList<object> Rejected { get; init; }

    /// <summary>Declared tools; null for none.</summary>
    public object? Tools { get; init; }

    /// <summary>What led to it, beside source and turn.</summary>
    public JsonFields Provenance { get; init; } = [];

    /// <summary>A message of a role.</summary>
    public static object Message(string role, string content) => new { role, content };

    /// <summary>The row that <c>mtt train --objective dpo</c> reads.</summary>
    public JsonFields ToFields()
    {
        JsonFields metadata = new() { ["source"] = Source, ["turn"] = Turn };
        foreach ((string name, object? value) in Provenance)
        {
            metadata[name] = value;
        }

        JsonFields row = new()
        {
            ["id"] = $"{Source}-{Id}",
            ["prompt"] = Prompt,
            ["chosen"] = Chosen,
            ["rejected"] = Rejected,
        };
        row.AddPresent("tools", Tools)["metadata"] = metadata;
        return row;
    }
}
