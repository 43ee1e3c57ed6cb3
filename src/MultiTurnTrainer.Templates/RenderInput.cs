namespace MultiTurnTrainer.Templates;

/// <summary>Everything a chat template sees.</summary>
/// <param name="Messages">The <c>messages</c> array.</param>
public sealed record RenderInput(JsonView Messages)
{
    /// <summary>The <c>tools</c> array; null when the conversation declares none.</summary>
    public JsonView? Tools { get; init; }

    /// <summary>Further variables (<c>enable_thinking</c>, …); they win over every other variable but the messages.</summary>
    public IReadOnlyDictionary<string, JsonView>? Variables { get; init; }

    /// <summary>The tokenizer's <c>bos_token</c>; null leaves it undefined.</summary>
    public string? BosToken { get; init; }

    /// <summary>The tokenizer's <c>eos_token</c>; null leaves it undefined.</summary>
    public string? EosToken { get; init; }

    /// <summary>Whether the text ends with the header of the answer to come.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>The date that <c>strftime_now</c> gives; a template that asks for it is refused when it is null.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>
    /// Gives the template every key as the data have it. By default a null key is an absent one, as transformers 5 has it,
    /// and reasoning stands under the names that the template reads.
    /// </summary>
    public bool AsWritten { get; init; }

    /// <summary>How many times the usual work and memory a render may use: about a second of one core and 512 MB.</summary>
    public double Budget { get; init; } = 1;

    /// <summary>Renders only the first messages; null renders all.</summary>
    public int? MessageCount { get; init; }
}
