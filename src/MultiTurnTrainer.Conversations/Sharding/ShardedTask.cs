// Folder Sharding: tasks told over several turns, in files.
// Refuses to know: who plays the user, how answers are judged.

namespace MultiTurnTrainer.Conversations.Sharding;

/// <summary>
/// A task in two views: the full instruction in one prompt, and shards that reveal the same requirements turn by turn
/// ("Lost in Conversation", arXiv 2505.06120, section 3).
/// </summary>
public sealed record ShardedTask
{
    /// <summary>The task's name, unique in its file.</summary>
    public required string Id { get; init; }

    /// <summary>The family, which chooses the verifier: <c>math</c>, <c>actions</c>, <c>exact</c>, …</summary>
    public required string Family { get; init; }

    /// <summary>The whole instruction.</summary>
    public required string Question { get; init; }

    /// <summary>The shards in the order of their disclosure; the first states the intent.</summary>
    public required IReadOnlyList<string> Shards { get; init; }

    /// <summary>
    /// For correction protocols, the wrong version of a shard by its index in <see cref="Shards"/>
    /// (RLSTA's <c>modified_shard</c>); empty otherwise.
    /// </summary>
    public IReadOnlyDictionary<int, string> ModifiedShards { get; init; } = new Dictionary<int, string>();

    /// <summary>The gold answer, null where the file has none.</summary>
    public string? Answer { get; init; }

    /// <summary>A system message that every view shares, null for none.</summary>
    public string? System { get; init; }

    /// <summary>Where it was read, for messages: file and line or item; its name where it was made.</summary>
    public string Place
    {
        get => field ?? Id;
        init;
    }

    /// <summary>The task's object as it was read, for keys this record does not know.</summary>
    public JsonView Json { get; init; }
}
