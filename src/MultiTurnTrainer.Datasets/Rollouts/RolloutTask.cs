namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>
/// The contexts of one sharded task (MAIGO, arXiv 2605.27186, section 3.2). The student sees the dialogue as it went;
/// the reference sees the user's turns alone, never a later turn, and at the answer the whole task once more.
/// </summary>
public sealed class RolloutTask
{
    private readonly ShardedTask _task;
    private readonly IChatEncoder _encoder;
    private readonly ConsecutiveUsers _users;
    private readonly Dictionary<int, int[]> _references = [];

    /// <summary>Wraps a task.</summary>
    /// <param name="task">Its shards are the user's turns.</param>
    /// <param name="encoder">Renders and tokenizes.</param>
    /// <param name="users">What becomes of user turns that follow one another.</param>
    /// <exception cref="MttException">A shard is empty: the user would say nothing.</exception>
    public RolloutTask(ShardedTask task, IChatEncoder encoder, ConsecutiveUsers users)
    {
        int empty = task.Shards.ToList().FindIndex(string.IsNullOrWhiteSpace);
        if (empty >= 0)
        {
            throw new MttException($"task {task.Id}: shards[{empty}] is empty", "Fix the shard or leave the task out.");
        }

        _task = task;
        _encoder = encoder;
        _users = users;
    }

    /// <summary>The task's id.</summary>
    public string Id => _task.Id;

    /// <summary>The whole task in one text.</summary>
    public string Question => _task.Question;

    /// <summary>What the user says, turn by turn.</summary>
    public IReadOnlyList<string> Shards => _task.Shards;

    /// <summary>The number of turns T; the last is the answer turn.</summary>
    public int Turns => _task.Shards.Count;

    /// <summary>The student's context of turn <c>replies.Count + 1</c>: <c>σ, u₁, â₁, …, u_t</c>.</summary>
    /// <param name="replies">The student's own replies to the turns before.</param>
    public int[] StudentContext(IReadOnlyList<string> replies)
    {
        List<ChatTurn> turns = Opening();
        for (int turn = 0; turn <= replies.Count; turn++)
        {
            turns.Add(new ChatTurn("user", _task.Shards[turn]));
            if (turn < replies.Count)
            {
                turns.Add(new ChatTurn("assistant", replies[turn]));
            }
        }

        return _encoder.Prompt(turns);
    }

    /// <summary>The cleaned context of a turn: <c>σ, u₁, …, u_t</c>, and at the answer turn the canonical task block after them.</summary>
    /// <param name="turn">From 1 to <see cref="Turns"/>.</param>
    public int[] ReferenceContext(int turn)
    {
        if (_references.TryGetValue(turn, out int[]? known))
        {
            return known;
        }

        List<string> users = [.. _task.Shards.Take(turn)];
        if (turn == Turns)
        {
            users.Add(_task.Question);
        }

        return _references[turn] = _encoder.Prompt([.. Opening(), .. Users(users)]);
    }

    /// <summary>The whole task in one prompt.</summary>
    public int[] FullContext() => _encoder.Prompt([.. Opening(), new ChatTurn("user", _task.Question)]);

    /// <summary>The text of a reply, as the next turn's context holds it.</summary>
    public string Reply(IReadOnlyList<int> ids) => _encoder.Reply(ids);

    private List<ChatTurn> Opening() => _task.System is { } system ? [new ChatTurn("system", system)] : [];

    private IEnumerable<ChatTurn> Users(IReadOnlyList<string> texts) =>
        _users == ConsecutiveUsers.Merge
            ? [new ChatTurn("user", string.Join("\n\n", texts))]
            : texts.Select(text => new ChatTurn("user", text));
}
