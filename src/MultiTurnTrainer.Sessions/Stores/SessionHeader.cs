namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>What a store knows of a session without reading its events.</summary>
/// <param name="Key">Which session.</param>
/// <param name="Version">How many events it has; of a tombstone, how many it had.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="UpdatedAt">When the newest event happened, or the session was erased.</param>
/// <param name="User">Its user; null for none and for tombstones.</param>
/// <param name="Pending">The pending turn; null where there is none.</param>
/// <param name="IsDeleted">Whether it is a tombstone.</param>
public sealed record SessionHeader(
    SessionKey Key,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string? User = null,
    string? Pending = null,
    bool IsDeleted = false
)
{
    /// <summary>Its tenant.</summary>
    public string Tenant => Key.Tenant;

    /// <summary>Its id.</summary>
    public string Id => Key.Id;
}

/// <summary>An event as a store keeps it.</summary>
/// <param name="Version">The session's version with it.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Data">What it says; bytes that the store does not read.</param>
/// <param name="Begins">The turn that begins with it: <see cref="ISessionStore.FindTurnAsync"/> finds it.</param>
public sealed record StoredEvent(
    long Version,
    DateTimeOffset At,
    string Kind,
    ReadOnlyMemory<byte> Data,
    string? Begins = null
)
{
    /// <summary>The vector that was made with it, kept in a table of its own; empty for none.</summary>
    public ReadOnlyMemory<byte> Vector { get; init; }
}

/// <summary>A state in short, so that it need not be folded from the first event.</summary>
/// <param name="Version">The version it is of.</param>
/// <param name="Data">Bytes that the store does not read.</param>
public sealed record StoredSnapshot(long Version, ReadOnlyMemory<byte> Data);

/// <summary>What was read of a session.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Snapshot">The snapshot that stands for the first events; null where they were read themselves.</param>
/// <param name="Events">The events after it.</param>
public sealed record SessionRead(SessionHeader Header, StoredSnapshot? Snapshot, IReadOnlyList<StoredEvent> Events);

/// <summary>Which sessions are listed; what is null does not count.</summary>
public sealed record SessionQuery
{
    /// <summary>Of this tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>Of this user.</summary>
    public string? User { get; init; }

    /// <summary>Whose newest event is older.</summary>
    public DateTimeOffset? UpdatedBefore { get; init; }

    /// <summary>Only those with a pending turn.</summary>
    public bool IsPending { get; init; }

    /// <summary>
    /// Only those whose pending turn no other living server answers. A store of one server does not tell this one's turns apart.
    /// </summary>
    public bool IsAbandoned { get; init; }

    /// <summary>Tombstones too.</summary>
    public bool WithDeleted { get; init; }

    /// <summary>The most of them.</summary>
    public int Limit { get; init; } = int.MaxValue;

    /// <summary>A condition of SQL that an index answers, however many sessions there are.</summary>
    internal string OnlyPending => IsPending || IsAbandoned ? "AND pending IS NOT NULL" : "";

    internal bool Takes(SessionHeader header) =>
        (Tenant is null || header.Tenant == Tenant)
        && (User is null || header.User == User)
        && (UpdatedBefore is null || header.UpdatedAt < UpdatedBefore)
        && (!(IsPending || IsAbandoned) || header.Pending is not null)
        && (WithDeleted || !header.IsDeleted);
}
