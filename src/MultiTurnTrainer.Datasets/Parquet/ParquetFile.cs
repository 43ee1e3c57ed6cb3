using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// An open Parquet file: footer parsed and checked, columns read page by page. Everything that contradicts the format
/// is an <see cref="MttException"/> that names the file.
/// </summary>
public sealed class ParquetFile : IDisposable
{
    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    private readonly SafeFileHandle _handle;
    private readonly long _length;

    private ParquetFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        _length = RandomAccess.GetLength(handle);
        Metadata = Guard(ReadFooter);
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary>The schema's root; its children are the columns.</summary>
    public SchemaNode Schema => Metadata.Root;

    /// <summary>The parsed footer.</summary>
    internal FileMetadata Metadata { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="MttException">It is missing, not seekable, or not a valid Parquet file.</exception>
    public static ParquetFile Open(string path)
    {
        InputFile.RequireExists(path);
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, problem);
        }

        try
        {
            return new ParquetFile(path, handle);
        }
        catch (Exception problem)
        {
            handle.Dispose();
            throw problem is NotSupportedException
                ? new MttException($"{path}: Parquet is read from its end, a pipe has none", "Give a file.", problem)
                : problem;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>The leaf columns of a row group, opened.</summary>
    internal ColumnReader[] OpenColumns(RowGroup group) =>
        [.. Metadata.Leaves.Select((leaf, i) => new ColumnReader(this, leaf, group.Columns[i]))];

    /// <summary>Reads exactly <paramref name="buffer"/>.Length bytes.</summary>
    internal void Read(long offset, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = RandomAccess.Read(_handle, buffer, offset);
            if (count == 0)
            {
                throw new EndOfStreamException();
            }

            offset += count;
            buffer = buffer[count..];
        }
    }

    /// <summary>Turns contradictions of the format into an error that names the file.</summary>
    internal T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (EndOfStreamException problem)
        {
            throw Damaged("it ends too soon", problem);
        }
        catch (Exception problem) when (problem is InvalidDataException or OverflowException)
        {
            throw Damaged(problem.Message, problem);
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(Path, problem);
        }
    }

    private MttException Damaged(string what, Exception problem) =>
        new($"{Path}: not a valid Parquet file: {what}", "Download or write the file again.", problem);

    private FileMetadata ReadFooter()
    {
        if (_length < 12)
        {
            throw new EndOfStreamException();
        }

        Span<byte> tail = stackalloc byte[8];
        Read(_length - 8, tail);
        Span<byte> head = stackalloc byte[4];
        Read(0, head);
        if (!head.SequenceEqual(Magic) || !tail[4..].SequenceEqual(Magic))
        {
            throw new InvalidDataException(
                tail[4..].SequenceEqual("PARE"u8) ? "its footer is encrypted" : "it does not begin and end with PAR1"
            );
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (length <= 0 || length > _length - 12)
        {
            throw new InvalidDataException("its footer's length is wrong");
        }

        byte[] footer = new byte[length];
        Read(_length - 8 - length, footer);
        return FooterReader.Read(footer, _length);
    }
}
