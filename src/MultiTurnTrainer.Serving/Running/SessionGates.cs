namespace MultiTurnTrainer.Serving.Running;

/// <summary>One at a time in each session, in the order they came.</summary>
internal sealed class SessionGates
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionKey, Gate> _gates = [];

    /// <summary>Waits for a session's turn.</summary>
    /// <returns>Lets the next in when disposed of.</returns>
    public async Task<IDisposable> EnterAsync(SessionKey session, CancellationToken cancellation)
    {
        Gate gate;
        lock (_lock)
        {
            if (!_gates.TryGetValue(session, out gate!))
            {
                _gates[session] = gate = new Gate(this, session);
            }

            gate.Waiting++;
        }

        try
        {
            await gate.Semaphore.WaitAsync(cancellation).ConfigureAwait(false);
            return gate.Pass();
        }
        catch
        {
            Leave(gate);
            throw;
        }
    }

    /// <summary>Takes a session's turn where nobody has it or waits for it.</summary>
    /// <returns>Null where somebody does.</returns>
    public IDisposable? TryEnter(SessionKey session)
    {
        lock (_lock)
        {
            if (_gates.ContainsKey(session))
            {
                return null;
            }

            Gate gate = new(this, session) { Waiting = 1 };
            gate.Semaphore.Wait();
            _gates[session] = gate;
            return gate.Pass();
        }
    }

    private void Leave(Gate gate)
    {
        lock (_lock)
        {
            if (--gate.Waiting == 0)
            {
                _gates.Remove(gate.Session);
                gate.Semaphore.Dispose();
            }
        }
    }

    private sealed class Gate(SessionGates owner, SessionKey session)
    {
        public SessionKey Session { get; } = session;

        public SemaphoreSlim Semaphore { get; } = new(1, 1);

        public int Waiting { get; set; }

        public IDisposable Pass() => new Passed(owner, this);
    }

    private sealed class Passed(SessionGates owner, Gate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                gate.Semaphore.Release();
                owner.Leave(gate);
            }
        }
    }
}
