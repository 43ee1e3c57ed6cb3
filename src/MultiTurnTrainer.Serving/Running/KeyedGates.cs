namespace MultiTurnTrainer.Serving.Running;

/// <summary>One at a time for each key, in the order they came.</summary>
internal sealed class KeyedGates
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, string), Gate> _gates = [];

    /// <summary>Waits for a key's turn.</summary>
    /// <returns>Lets the next in when disposed of.</returns>
    public async Task<IDisposable> EnterAsync((string, string) key, CancellationToken cancellation)
    {
        Gate gate;
        lock (_lock)
        {
            if (!_gates.TryGetValue(key, out gate!))
            {
                _gates[key] = gate = new Gate(this, key);
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

    /// <summary>Takes a key's turn where nobody has it or waits for it.</summary>
    /// <returns>Null where somebody does.</returns>
    public IDisposable? TryEnter((string, string) key)
    {
        lock (_lock)
        {
            if (_gates.ContainsKey(key))
            {
                return null;
            }

            Gate gate = new(this, key) { Waiting = 1 };
            gate.Semaphore.Wait();
            _gates[key] = gate;
            return gate.Pass();
        }
    }

    private void Leave(Gate gate)
    {
        lock (_lock)
        {
            if (--gate.Waiting == 0)
            {
                _gates.Remove(gate.Key);
                gate.Semaphore.Dispose();
            }
        }
    }

    private sealed class Gate(KeyedGates owner, (string, string) key)
    {
        public (string, string) Key { get; } = key;

        public SemaphoreSlim Semaphore { get; } = new(1, 1);

        public int Waiting { get; set; }

        public IDisposable Pass() => new Passed(owner, this);
    }

    private sealed class Passed(KeyedGates owner, Gate gate) : IDisposable
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
