namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>JSON lines about rows. The file appears when it is committed; an empty one does not appear.</summary>
/// <param name="path">The file.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
internal sealed class ListFile(string path, bool force) : IDisposable
{
    private readonly OutputFile _file = OutputFile.Create(path, force);

    /// <summary>Lines written.</summary>
    public long Count { get; private set; }

    /// <summary>Writes a line about a row: its place, then what the caller adds.</summary>
    public void Write(string file, long line, Action<Utf8JsonWriter> more)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonText.Writer))
        {
            writer.WriteStartObject();
            writer.WriteString("file", file);
            writer.WriteNumber("line", line);
            more(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        _file.Stream.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
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
