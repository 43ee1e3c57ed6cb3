using MultiTurnTrainer.Context.Artefacts;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>What a plan took of a model's work, or could not take.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Its key.</param>
/// <param name="Place">The messages it is of.</param>
/// <param name="PromptTokens">Tokens that the model read for it.</param>
/// <param name="CompletionTokens">Tokens that it wrote.</param>
/// <param name="Failure">Why it could not be used, so that nothing was changed; null where it was.</param>
public sealed record ArtefactUse(
    ArtefactKind Kind,
    string Key,
    string Place,
    int PromptTokens,
    int CompletionTokens,
    string? Failure = null
);

/// <summary>Finds what models made for the plans of one conversation, judges it, and keeps note of each once.</summary>
/// <param name="artefacts">Where it is on record; null where nothing is.</param>
internal sealed class ArtefactDesk(IArtefacts? artefacts)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    /// <summary>What was found since it was cleared.</summary>
    public List<ArtefactUse> Uses { get; } = [];

    /// <summary>Makes sure that the answers to some requests are on record.</summary>
    /// <exception cref="ArtefactMissingException">Some are not; all of them are named.</exception>
    public void Require(IEnumerable<ArtefactRequest> requests)
    {
        ArtefactRequest[] missing = [.. requests.Where(request => artefacts?.Find(request.Key) is null)];
        if (missing.Length > 0)
        {
            throw new ArtefactMissingException(missing);
        }
    }

    /// <summary>The text that answers a request; null where it failed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fault">Says what is wrong with a text; null where nothing is.</param>
    /// <exception cref="ArtefactMissingException">It is not on record.</exception>
    public string? Text(ArtefactRequest request, Func<string, string?> fault)
    {
        Artefact made = artefacts?.Find(request.Key) ?? throw new ArtefactMissingException([request]);
        string text = made.Text?.Trim() ?? "";
        string? failure = made.Error ?? (text.Length == 0 ? "the model wrote nothing" : fault(text));
        Note(request, made, failure);
        return failure is null ? text : null;
    }

    /// <summary>Keeps note of what was found.</summary>
    /// <param name="request">The request.</param>
    /// <param name="made">What answers it.</param>
    /// <param name="failure">Why it could not be used; null where it was.</param>
    public void Note(ArtefactRequest request, Artefact made, string? failure)
    {
        if (_seen.Add(request.Key))
        {
            Uses.Add(new(request.Kind, request.Key, request.Place, made.PromptTokens, made.CompletionTokens, failure));
        }
    }
}
