namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>
/// Writes canonical rows as the rows that a policy makes of them, on several threads and in their order. Conversations that
/// the policy refuses are left out and listed.
/// </summary>
/// <param name="output">Where the rows go.</param>
/// <param name="model">The policy and its model.</param>
/// <param name="threads">Threads that assemble.</param>
/// <param name="refused">Grows by what is refused, with place and remedy.</param>
/// <param name="counts">Grows by what was made.</param>
public sealed class PolicyRowOutput(
    IRowOutput output,
    PolicyModel model,
    int threads,
    ICollection<MttException> refused,
    ExpandedCounts counts
) : IRowOutput
{
    private const int BatchCharacters = 1 << 20;

    private readonly PolicyExpander[] _expanders =
    [
        .. Enumerable.Range(0, threads).Select(_ => new PolicyExpander(model)),
    ];
    private readonly List<Conversation> _waiting = [];
    private int _characters;

    /// <inheritdoc/>
    public string Path => output.Path;

    /// <inheritdoc/>
    public void Write(Conversation row)
    {
        _waiting.Add(row);
        _characters += row.Json.GetRawText().Length;
        if (_characters >= BatchCharacters)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Commit()
    {
        Flush();
        foreach (PolicyExpander expander in _expanders)
        {
            counts.Add(expander.Counts);
        }

        output.Commit();
    }

    /// <inheritdoc/>
    public void Dispose() => output.Dispose();

    private void Flush()
    {
        IReadOnlyList<ExpandedRow>[] rows = new IReadOnlyList<ExpandedRow>[_waiting.Count];
        MttException?[] problems = new MttException?[_waiting.Count];
        int next = -1;
        Parallel.ForEach(
            _expanders,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            expander =>
            {
                for (int i = Interlocked.Increment(ref next); i < _waiting.Count; i = Interlocked.Increment(ref next))
                {
                    try
                    {
                        rows[i] = expander.Expand(_waiting[i]);
                    }
                    catch (MttException problem)
                    {
                        problems[i] = problem;
                    }
                }
            }
        );
        for (int i = 0; i < rows.Length; i++)
        {
            if (problems[i] is { } problem)
            {
                refused.Add(problem);
                continue;
            }

            foreach (ExpandedRow row in rows[i])
            {
                output.Write(row.Row);
            }
        }

        _waiting.Clear();
        _characters = 0;
    }
}
