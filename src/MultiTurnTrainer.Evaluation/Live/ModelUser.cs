using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation.Live;

/// <summary>
/// A model that plays the user: it tells at most one shard a turn, in its own words. One that repeats a shard or tells none makes no
/// progress, one that tells two at once is asked again; the turns are bounded, as they are not in the benchmark, so that every
/// dialogue ends.
/// </summary>
internal sealed class ModelUser(DialoguePlace place, RoleSettings role, int? maxTurns, LiveRoles roles) : IDialogueUser
{
    private readonly IReadOnlyList<string> _shards = place.Task.Shards;
    private readonly Dictionary<int, int> _revealed = new() { [0] = 1 };
    private readonly List<string> _said = [place.Task.Shards[0]];
    private bool _isRecapped;

    /// <summary>Whether a mode has a user who tells shards one by one.</summary>
    public static bool CanPlay(SimulationMode mode) =>
        mode is SimulationMode.Sharded or SimulationMode.Cleaned or SimulationMode.Recap or SimulationMode.Snowball;

    public DialogueEnd End { get; private set; }

    public IReadOnlyDictionary<int, int>? RevealedAt => _revealed;

    public async Task<string?> NextAsync(IReadOnlyList<ChatTurn> turns, int turn, CancellationToken cancellation)
    {
        if (_revealed.Count == _shards.Count || turn >= MaxTurns)
        {
            End = _revealed.Count == _shards.Count ? DialogueEnd.Complete : DialogueEnd.TurnCap;
            return Last();
        }

        (string text, int shard) = await AskAsync(turns, turn, cancellation).ConfigureAwait(false);
        if (shard >= 0)
        {
            _revealed.TryAdd(shard, turn + 1);
        }

        string said =
            place.Choice.Mode == SimulationMode.Snowball ? $"{UserScript.Bullets(_said)}\nAlso, {text}" : text;
        _said.Add(text);
        return said;
    }

    private int MaxTurns => maxTurns ?? ((2 * _shards.Count) + 4);

    private string? Last()
    {
        if (place.Choice.Mode != SimulationMode.Recap || _isRecapped)
        {
            return null;
        }

        _isRecapped = true;
        return UserScript.Recapitulate(_shards);
    }

    private async Task<Message> AskAsync(IReadOnlyList<ChatTurn> turns, int turn, CancellationToken cancellation)
    {
        Message? said = await roles
            .AskAsync<Message>(
                place,
                Invariant($"t{turn}/user"),
                role,
                RolePrompts.User(turns, _shards, _revealed.Keys),
                Read,
                cancellation
            )
            .ConfigureAwait(false);
        if (said is not null)
        {
            return said;
        }

        // A user who cannot be read says the next shard word for word.
        int next = Enumerable.Range(0, _shards.Count).First(shard => !_revealed.ContainsKey(shard));
        return new Message(_shards[next], next);
    }

    private Message? Read(IReadOnlyDictionary<string, object?> said) =>
        said.GetValueOrDefault("response") is string { Length: > 0 } text
        && said.GetValueOrDefault("shard_id") is long id
        && (id == -1 || (id >= 1 && id <= _shards.Count))
            ? new Message(text, id == -1 ? -1 : (int)id - 1)
            : null;

    /// <summary>A message and the shard it tells, from 0; -1 for none.</summary>
    private sealed record Message(string Text, int Shard);
}
