using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Logs;

/// <summary>Events as stores keep them: their fields as JSON, a vector beside them as its bytes.</summary>
internal static class EventBytes
{
    public static StoredEvent Write(LoggedEvent logged)
    {
        byte[]? vector = (logged.Event as ArtefactMade)?.Artefact.Vector;
        SessionEvent said = vector is null ? logged.Event : With((ArtefactMade)logged.Event, null);
        return new StoredEvent(
            logged.Version,
            logged.At,
            EventJson.KindOf(said),
            EventJson.Write(said),
            EventJson.TurnBegunBy(said)
        )
        {
            Vector = vector,
        };
    }

    /// <exception cref="MttException">It is no event that this version knows.</exception>
    public static LoggedEvent Read(StoredEvent stored)
    {
        SessionEvent said = EventJson.Read(stored.Kind, stored.Data.Span);
        return new LoggedEvent(
            stored.Version,
            stored.At,
            said is ArtefactMade made && !stored.Vector.IsEmpty ? With(made, stored.Vector.ToArray()) : said
        );
    }

    private static ArtefactMade With(ArtefactMade made, byte[]? vector) =>
        made with
        {
            Artefact = made.Artefact with { Vector = vector },
        };
}
