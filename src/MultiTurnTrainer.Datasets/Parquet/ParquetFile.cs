// Folder Parquet: JSON rows and token rows in Parquet files.
// Refuses to know: conversations, masks.

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// An open Parquet file: its footer is checked, its columns are read page by page. Everything that contradicts the format
/// is an <see cref="MttException"/> that names the file.
/// </summary>
public sealed class ParquetFile : IDisposable
{
    // A run of nulls costs almost nothing, but a file that claims more rows than this per byte is made to hang readers.
    private const long MaxRowsPerByte = 10_000;

    private readonly FileStream _stream;
    private readonly FileState _begun;
    private readonly ParquetFileReader _reader;
    private readonly long _mostRows;

    private ParquetFile(string path, FileStream stream)
    {
        Path = path;
        _stream = stream;
        _begun = FileState.Of(stream.SafeFileHandle);
        _mostRows = MaxRowsPerByte * stream.Length;
        using ReaderProperties properties = ReaderProperties.GetDefaultReaderProperties();
        properties.EnableBufferedStream();
        _reader = new ParquetFileReader(path, properties);
        try
        {
            Schema = SchemaMapping.Read(_reader.FileMetaData.Schema.GroupNode);
            Leaves = Schema.Resolve();
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary>The schema's root; its children are the columns.</summary>
    public SchemaNode Schema { get; }

    /// <summary>The leaf columns in order.</summary>
    internal IReadOnlyList<SchemaNode> Leaves { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="MttException">It is missing, not seekable, or not a valid Parquet file.</exception>
    public static ParquetFile Open(string path)
    {
        FileStream stream = InputFile.OpenRead(path);
        try
        {
            return Guard(
                path,
                () =>
                {
                    FooterCheck.Run(stream);
                    return new ParquetFile(path, stream);
                }
            );
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    /// <summary>The row groups in order, some of their leaf columns opened; each is valid until the next is asked for.</summary>
    internal IEnumerable<RowGroup> RowGroups(IReadOnlyList<SchemaNode> leaves)
    {
        int count = _reader.FileMetaData.NumRowGroups;
        for (int i = 0; i < count; i++)
        {
            int index = i;
            using RowGroup group = Guard(() => new RowGroup(_reader.RowGroup(index), leaves, _mostRows));
            yield return group;
        }

        _begun.RequireSame(Path, _stream.SafeFileHandle);
    }

    /// <summary>Turns contradictions of the format into an error that names the file.</summary>
    internal T Guard<T>(Func<T> work) => Guard(Path, work);

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (EndOfStreamException problem)
        {
            throw Damaged("it ends too soon", problem);
        }
        catch (ParquetException problem)
        {
            // The library's message is "its type (message: 'the cause')".
            string[] parts = problem.Message.Split("(message: '", 2);
            throw Damaged(parts.Length == 2 ? parts[1][..^2] : problem.Message, problem);
        }
        catch (Exception problem)
            when (problem
                    is InvalidDataException
                        or OverflowException
                        or OutOfMemoryException
                        or ArgumentOutOfRangeException
            )
        {
            throw Damaged(problem.Message, problem);
        }
        catch (IOException problem)
        {
            throw InputFile.Unreadable(path, problem);
        }

        MttException Damaged(string what, Exception problem) =>
            new($"{path}: not a valid Parquet file: {what}", "Download or write the file again.", problem);
    }
}
