// Folder Artefacts: what models made of messages, by what it was made of, so that it is made once.
// Refuses to know: who asks a model, what a prompt does with the result.
using System.Runtime.InteropServices;

namespace MultiTurnTrainer.Context.Artefacts;

/// <summary>What a model made.</summary>
public enum ArtefactKind
{
    /// <summary>A summary of messages.</summary>
    Summary,

    /// <summary>The key facts of a summary.</summary>
    Facts,

    /// <summary>What messages are: to be kept or not, in or out of character.</summary>
    Class,

    /// <summary>A text as a vector.</summary>
    Embedding,
}

/// <summary>What is asked of a model. Equal requests have equal keys, whoever asks.</summary>
/// <param name="Kind">What is to be made.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Prompt">What it is told to do; empty for an embedding.</param>
/// <param name="Material">What it is to be made of.</param>
/// <param name="Place">The messages that the material comes from, for people; no part of the key.</param>
public sealed record ArtefactRequest(ArtefactKind Kind, string Model, string Prompt, string Material, string Place)
{
    /// <summary>SHA-256 of the material, as lower-case hexadecimal.</summary>
    public string Sources => ContentHash.Of(Encoding.UTF8.GetBytes(Material));

    /// <summary>SHA-256 of the prompt.</summary>
    public string PromptHash => ContentHash.Of(Encoding.UTF8.GetBytes(Prompt));

    /// <summary>Names what is made: SHA-256 of kind, model, prompt and material.</summary>
    public string Key =>
        ContentHash.Of(Encoding.UTF8.GetBytes($"{Kind}\n{Model.Length} {Model}\n{PromptHash}\n{Sources}"));
}

/// <summary>What a model made, or why it made nothing.</summary>
/// <param name="Key"><see cref="ArtefactRequest.Key"/>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Model">The model that made it.</param>
/// <param name="Prompt">SHA-256 of what it was told to do.</param>
/// <param name="Sources">SHA-256 of what it is made of.</param>
public sealed record Artefact(string Key, ArtefactKind Kind, string Model, string Prompt, string Sources)
{
    /// <summary>The text, as the model gave it; null for an embedding and for a failure.</summary>
    public string? Text { get; init; }

    /// <summary>An embedding's numbers, 4 bytes each, the lowest first.</summary>
    public byte[]? Vector { get; init; }

    /// <summary>Why nothing was made; null where something was.</summary>
    public string? Error { get; init; }

    /// <summary>Tokens that the model read for it.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Tokens that the model wrote.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>What answers a request, still without its content.</summary>
    public static Artefact Of(ArtefactRequest request) =>
        new(request.Key, request.Kind, request.Model, request.PromptHash, request.Sources);

    /// <summary>Numbers in the form of <see cref="Vector"/>.</summary>
    public static byte[] Pack(ReadOnlySpan<float> numbers) => MemoryMarshal.AsBytes(numbers).ToArray();

    /// <summary>The numbers of <see cref="Vector"/>; empty where it has none.</summary>
    public ReadOnlySpan<float> Numbers() => MemoryMarshal.Cast<byte, float>(Vector);
}

/// <summary>What the artefacts of a model cost.</summary>
/// <param name="Model">The model.</param>
/// <param name="Count">How many it made.</param>
/// <param name="PromptTokens">Tokens that it read.</param>
/// <param name="CompletionTokens">Tokens that it wrote.</param>
public sealed record ArtefactCost(string Model, int Count, int PromptTokens, int CompletionTokens);

/// <summary>Finds what models made.</summary>
public interface IArtefacts
{
    /// <summary>What is on record under a key, a failure included; null for nothing. Safe for several threads.</summary>
    Artefact? Find(string key);
}

/// <summary>Makes what is missing: asks a model and puts what it says on record.</summary>
public interface IArtefactMaker
{
    /// <summary>Makes all of some requests. What cannot be made is on record afterwards as a failure.</summary>
    /// <param name="missing">The requests.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MttException">No endpoint works.</exception>
    Task MakeAsync(IReadOnlyList<ArtefactRequest> missing, CancellationToken cancellation);
}
