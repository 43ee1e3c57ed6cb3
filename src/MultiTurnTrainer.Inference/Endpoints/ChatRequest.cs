namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>One call to a model: everything that decides the reply, and nothing else.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Turns">The chat so far; the last one is a user turn.</param>
/// <param name="Temperature">Sampling temperature; 0 is greedy.</param>
/// <param name="TopP">Nucleus sampling; null leaves it to the model.</param>
/// <param name="MaxTokens">The most new tokens.</param>
/// <param name="Seed">The sampling seed.</param>
/// <param name="Schema">The JSON schema the reply must follow, as text; null for free text.</param>
public sealed record ChatRequest(
    string Model,
    IReadOnlyList<ChatTurn> Turns,
    double Temperature,
    double? TopP,
    int MaxTokens,
    int Seed,
    string? Schema = null
)
{
    /// <summary>True where the vector of its one text is asked for, and no reply; else null, so that hashes stay as they were.</summary>
    public bool? Embeds { get; init; }

    /// <summary>SHA-256 of the canonical JSON: the address in the reply cache and the proof in a journal.</summary>
    public string Hash() => ContentHash.Of(RecordJson.ToLine(this));

    /// <summary>A rough count of the prompt's tokens: four bytes of UTF-8 each and four per message.</summary>
    public int EstimatePromptTokens() => Turns.Sum(turn => 4 + EstimateTokens(turn.Content));

    /// <summary>A rough count of a text's tokens: four bytes of UTF-8 each.</summary>
    public static int EstimateTokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;
}
