namespace MultiTurnTrainer.Cli.Validation;

/// <summary>
/// Where <c>mtt validate</c> puts rows: the accepted ones as they are or repaired, and the rejected ones with the reasons.
/// Both files appear when everything is done, or not at all.
/// </summary>
internal sealed class RowOutputs : IDisposable
{
    private readonly OutputFile? _accepted;
    private readonly RejectsFile? _rejected;

    public RowOutputs(string? accepted, string? rejected, bool force)
    {
        _accepted = accepted is null ? null : OutputFile.Create(accepted, force);
        _rejected = rejected is null ? null : new RejectsFile(rejected, force);
    }

    /// <summary>Writes a good row.</summary>
    public void Accept(ReadOnlyMemory<byte> row)
    {
        // Rows of pretty-printed files hold line breaks, which are white space in JSON.
        _accepted?.Stream.Write(row.Span.IndexOfAny((byte)'\n', (byte)'\r') < 0 ? row.Span : JsonText.OneLine(row));
        _accepted?.Stream.WriteByte((byte)'\n');
    }

    /// <summary>Writes a bad row.</summary>
    public void Reject(ReadOnlyMemory<byte> row, long line, IReadOnlyList<Finding> findings) =>
        _rejected?.Write(row, line, findings);

    /// <summary>Gives the files their names.</summary>
    public void Commit()
    {
        _accepted?.Commit();
        _rejected?.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _accepted?.Dispose();
        _rejected?.Dispose();
    }
}
