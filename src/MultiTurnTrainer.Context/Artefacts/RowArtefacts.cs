using System.Collections.Concurrent;

namespace MultiTurnTrainer.Context.Artefacts;

/// <summary>
/// Artefacts that a conversation brings along in <c>metadata.artefacts</c> (as <c>mtt sessions export</c> writes them), and those that are made
/// while it goes on.
/// </summary>
public sealed class RowArtefacts : IArtefacts
{
    private readonly ConcurrentDictionary<string, Artefact> _byKey = new(StringComparer.Ordinal);

    /// <summary>What stands for everything that is not here; null for nothing.</summary>
    public string? Absent { get; set; }

    /// <summary>Those of a list; null where there is none.</summary>
    /// <param name="list">A list of artefacts as <see cref="ArtefactFile"/> has them; what is none is passed over.</param>
    public static RowArtefacts? Of(JsonView? list)
    {
        if (list is not { Kind: JsonKind.Array } artefacts)
        {
            return null;
        }

        RowArtefacts found = new();
        foreach (JsonView item in artefacts.EnumerateArray())
        {
            try
            {
                found.Add(RecordJson.Read<Artefact>(item.RawUtf8));
            }
            catch (FormatException)
            {
                // Its key is found nowhere, and whoever needs it says so.
            }
        }

        return found;
    }

    /// <summary>Adds one.</summary>
    public void Add(Artefact artefact) => _byKey[artefact.Key] = artefact;

    /// <inheritdoc/>
    public Artefact? Find(string key) =>
        _byKey.GetValueOrDefault(key)
        ?? (Absent is { } why ? new Artefact(key, ArtefactKind.Class, "", "", "") { Error = why } : null);
}

/// <summary>Looks in one place and then in another.</summary>
/// <param name="first">The first; null for none.</param>
/// <param name="second">The second; null for none.</param>
public sealed class ArtefactPlaces(IArtefacts? first, IArtefacts? second) : IArtefacts
{
    /// <inheritdoc/>
    public Artefact? Find(string key) => first?.Find(key) ?? second?.Find(key);
}
