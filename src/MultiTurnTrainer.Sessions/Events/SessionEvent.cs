// Folder Events: what can happen to a session, and how it is written down.
// Refuses to know: stores, what the events add up to.
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Sessions.Events;

/// <summary>Something that happened to a session. Events are only ever added; the state is a fold over them.</summary>
public abstract record SessionEvent;

/// <summary>The session began. Always the first event.</summary>
/// <param name="Messages">Messages it begins with, such as the system prompt; canonical objects.</param>
/// <param name="Tools">The declared tools, a list.</param>
/// <param name="Metadata">What the client says of the session; kept, not read.</param>
/// <param name="Policy">The context policy.</param>
/// <param name="Model">The model it is meant for.</param>
/// <param name="User">Whose session it is; null for nobody's.</param>
/// <param name="SharesMemory">Whether it reads and writes the memory that this user's sessions share.</param>
public sealed record SessionCreated(
    IReadOnlyList<JsonView> Messages,
    JsonView? Tools = null,
    JsonView? Metadata = null,
    PolicyStamp? Policy = null,
    string? Model = null,
    string? User = null,
    bool SharesMemory = false
) : SessionEvent;

/// <summary>The policy that shapes a session's prompts.</summary>
/// <param name="Fingerprint">SHA-256 of the canonical text and the engine's version.</param>
/// <param name="Text">The canonical text.</param>
public sealed record PolicyStamp(string Fingerprint, string Text)
{
    /// <summary>The stamp of a policy.</summary>
    public static PolicyStamp Of(ContextPolicy policy) =>
        new(PolicyFingerprint.Of(policy), PolicyFingerprint.Canonical(policy));
}

/// <summary>The log up to here is a copy of another session's. Stands right after the copied events.</summary>
/// <param name="Parent">The other session.</param>
/// <param name="ParentVersion">Its version that was copied.</param>
public sealed record SessionForked(string Parent, long ParentVersion) : SessionEvent;

/// <summary>The session goes on after a restart or a pause.</summary>
/// <param name="Reason"><c>restart</c> or <c>pause</c>.</param>
public sealed record SessionResumed(string Reason) : SessionEvent;

/// <summary>A new beginning: no earlier message is in later prompts. The first messages, tools and policy stay.</summary>
/// <param name="KeepsConstraints">Whether constraints and memory stay too.</param>
public sealed record SessionReset(bool KeepsConstraints) : SessionEvent;

/// <summary>Somebody, or something that watches, said how the session ended.</summary>
/// <param name="Outcome">A word, such as <c>resolved</c>, <c>escalated</c> or <c>abandoned</c>.</param>
/// <param name="IsFirstContact">Whether nothing had to be said again: one session of its user, within a day, not marked before.</param>
public sealed record SessionMarked(string Outcome, bool IsFirstContact) : SessionEvent;

/// <summary>Another policy from here on.</summary>
/// <param name="Policy">The policy.</param>
public sealed record PolicyChanged(PolicyStamp Policy) : SessionEvent;

/// <summary>Something must hold in every later prompt.</summary>
/// <param name="Id">Names it in its session.</param>
/// <param name="Text">The words.</param>
/// <param name="IsNonNegotiable">Whether it is repeated.</param>
public sealed record ConstraintAdded(string Id, string Text, bool IsNonNegotiable = false) : SessionEvent;

/// <summary>A constraint holds no longer.</summary>
/// <param name="Id">Which.</param>
public sealed record ConstraintWithdrawn(string Id) : SessionEvent;

/// <summary>A model made something that the policy asked of it, such as a summary: every later plan of the session finds it here.</summary>
/// <param name="Artefact">What was made, or why nothing was.</param>
public sealed record ArtefactMade(Artefact Artefact) : SessionEvent;

/// <summary>For a turn that is about to begin, exchanges of the user's other sessions were found; they take the place of those found before.</summary>
/// <param name="Turn">The user's turn, from 0.</param>
/// <param name="Exchanges">The exchanges, copied, the best first.</param>
public sealed record ExchangesRecalled(int Turn, IReadOnlyList<Exchange> Exchanges) : SessionEvent;

/// <summary>What structured memory holds beside constraints.</summary>
public enum MemoryKind
{
    /// <summary>A state variable.</summary>
    State,

    /// <summary>What the user likes.</summary>
    Preference,

    /// <summary>What the user wants to reach.</summary>
    Goal,
}

/// <summary>A state variable, preference or goal was set or removed.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; null removes it.</param>
/// <param name="FromUser">Whether it came from the memory that the user's sessions share.</param>
public sealed record MemoryChanged(MemoryKind Kind, string Name, string? Value, bool FromUser = false) : SessionEvent;
