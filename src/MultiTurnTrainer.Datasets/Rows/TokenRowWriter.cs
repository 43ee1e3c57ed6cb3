namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Writes token rows to <c>.parquet</c> or <c>.jsonl</c>. Nothing appears at the path before <see cref="Commit"/>;
/// disposing without it leaves no trace. Memory holds one row group at most.
/// </summary>
public abstract class TokenRowWriter : IDisposable
{
    private readonly OutputFile _file;

    private protected TokenRowWriter(OutputFile file) => _file = file;

    /// <summary>Rows written.</summary>
    public long Rows { get; private set; }

    /// <summary>Begins a file; its extension chooses the format.</summary>
    /// <param name="path">A path that ends in <c>.parquet</c> or <c>.jsonl</c>.</param>
    /// <param name="force">Whether a non-empty file may be replaced.</param>
    /// <exception cref="MttException">Another extension, the path is taken or cannot be written.</exception>
    public static TokenRowWriter Create(string path, bool force)
    {
        TokenRowFormat format = TokenRowFormats.FromPath(path);
        OutputFile file = OutputFile.Create(path, force);
        return format == TokenRowFormat.Parquet ? new ParquetTokenRowWriter(file) : new JsonlTokenRowWriter(file);
    }

    /// <summary>Adds a row.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Write(TokenRow row)
    {
        if (row.Problem() is string problem)
        {
            throw new ArgumentException(problem, nameof(row));
        }

        WriteRow(row);
        Rows++;
    }

    /// <summary>Finishes the file and gives it its name.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Commit()
    {
        WriteEnd();
        _file.Commit();
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        _file.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract void WriteRow(TokenRow row);

    private protected abstract void WriteEnd();
}
