namespace MultiTurnTrainer.Context.Artefacts;

/// <summary>A plan needs what a model has not made yet. Whoever can make it does and plans again; to everybody else it is an error.</summary>
/// <param name="missing">What is missing, all of it that is known.</param>
/// <param name="place">Where it was needed, such as <c>chat.jsonl:3</c>; empty where that is not known.</param>
public sealed class ArtefactMissingException(IReadOnlyList<ArtefactRequest> missing, string place = "")
    : MttException(
        $"{(place.Length > 0 ? $"{place}: " : "")}{missing[0].Place}: no {Name(missing[0].Kind)} by '{missing[0].Model}' is on record (key {missing[0].Key[..12]})",
        "Let the model make it (mtt prepare --policy with --endpoint, or with a model folder as its name), or give the file that holds it with --artefacts."
    )
{
    /// <summary>What is missing.</summary>
    public IReadOnlyList<ArtefactRequest> Missing { get; } = missing;

    /// <summary>The same with the row it was needed for.</summary>
    public ArtefactMissingException At(string row) => new(Missing, row);

    private static string Name(ArtefactKind kind) =>
        kind switch
        {
            ArtefactKind.Summary => "summary",
            ArtefactKind.Facts => "list of key facts",
            ArtefactKind.Class => "classification",
            _ => "embedding",
        };
}
