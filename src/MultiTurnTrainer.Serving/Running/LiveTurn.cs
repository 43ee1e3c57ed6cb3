using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Telemetry;

namespace MultiTurnTrainer.Serving.Running;

/// <summary>
/// A turn that is being answered, or was: everybody who reads it sees all of it from its beginning. When the last reader
/// leaves before the end, the answer is not made further.
/// </summary>
internal sealed class LiveTurn
{
    private readonly Lock _lock = new();
    private readonly List<JsonView> _chunks = [];
    private readonly CancellationTokenSource _abandoned = new();
    private readonly TaskCompletionSource<SessionState> _outcome = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _readers;
    private bool _isEnded;

    /// <param name="state">The session with the turn begun.</param>
    /// <param name="turn">The turn.</param>
    /// <param name="model">The model that answers.</param>
    /// <param name="context">Its prompt; null for an answer of before.</param>
    public LiveTurn(SessionState state, SessionTurn turn, string model, AssembledContext? context)
    {
        (State, Turn, Model, Context) = (state, turn, model, context);
        // Nobody may ever ask how a turn ended whose reader has gone.
        _ = _outcome.Task.ContinueWith(task => task.Exception, TaskScheduler.Default);
    }

    /// <summary>The session with the turn begun.</summary>
    public SessionState State { get; }

    /// <summary>The turn.</summary>
    public SessionTurn Turn { get; }

    /// <summary>The model that answers.</summary>
    public string Model { get; }

    /// <summary>Its prompt; null for an answer of before.</summary>
    public AssembledContext? Context { get; private set; }

    /// <summary>How long its parts took; null where nobody measures.</summary>
    public TurnTimes? Times { get; init; }

    /// <summary>Cancelled when nobody reads any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>The session with the whole answer, or how it failed.</summary>
    public Task<SessionState> Outcome => _outcome.Task;

    /// <summary>A shorter prompt takes the place of one that was too long.</summary>
    public void Shorten(AssembledContext context) => Context = context;

    /// <summary>Adds a chunk.</summary>
    public void Add(JsonFields chunk)
    {
        JsonView element = JsonText.ToView(chunk);
        TaskCompletionSource told;
        lock (_lock)
        {
            _chunks.Add(element);
            told = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        told.TrySetResult();
    }

    /// <summary>It is committed.</summary>
    public void Complete(SessionState state)
    {
        _outcome.TrySetResult(state);
        End();
    }

    /// <summary>It broke off.</summary>
    public void Fail(Exception problem)
    {
        _outcome.TrySetException(problem);
        End();
    }

    /// <summary>All chunks, from the first, as they come; throws what the turn failed with.</summary>
    public async IAsyncEnumerable<JsonView> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Enter();
        try
        {
            for (int next = 0; ; )
            {
                (JsonView? chunk, Task more, bool isEnded) = Look(next);
                if (chunk is { } found)
                {
                    next++;
                    yield return found;
                }
                else if (isEnded)
                {
                    await _outcome.Task.ConfigureAwait(false);
                    yield break;
                }
                else
                {
                    await more.WaitAsync(cancellation).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    private (JsonView? Chunk, Task More, bool IsEnded) Look(int next)
    {
        lock (_lock)
        {
            return (next < _chunks.Count ? _chunks[next] : null, _more.Task, _isEnded);
        }
    }

    private void Enter()
    {
        lock (_lock)
        {
            _readers++;
        }
    }

    private void Leave()
    {
        bool isLast;
        lock (_lock)
        {
            isLast = --_readers == 0 && !_isEnded;
        }

        if (isLast)
        {
            _abandoned.Cancel();
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _isEnded = true;
        }

        _more.TrySetResult();
    }
}
