namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>JSON lines about rows. The file appears when it is committed; an empty one does not appear.</summary>
/// <param name="path">The file.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
internal sealed class ListFile(string path, bool force) : IDisposable
{
    private readonly OutputFile _file = OutputFile.Create(path, force);

    /// <summary>Lines written.</summary>
    public long Count { get; private set; }

    /// <summary>Writes a line about a row, which begins with its place.</summary>
    public void Write(JsonFields line)
    {
        JsonText.WriteLine(_file.Stream, line);
        Count++;
    }

    /// <summary>Gives the file its name, if it holds anything.</summary>
    public void Commit()
    {
        if (Count > 0)
        {
            _file.Commit();
        }
        else if (force)
        {
            File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
