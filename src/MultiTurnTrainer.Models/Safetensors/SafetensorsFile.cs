// Folder Safetensors: reads and writes the file format by its rules.
// Refuses to know: models, what a tensor is for.
namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>
/// A checked safetensors file. Bytes are copied out of it when they are asked for, never mapped: a file that somebody cuts or writes to
/// meanwhile is refused, and does not end the process.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;
    private readonly SafeFileHandle _file;
    private readonly FileState _begun;
    private long _dataStart;

    private SafetensorsFile(string path, SafeFileHandle file)
    {
        Path = path;
        _file = file;
        _begun = FileState.Of(file);
    }

    /// <summary>The file's path as given.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; private set; } = null!;

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = null!;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="MttException">The file is missing, unreadable or breaks a rule of the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        InputFile.RequireExists(path, "Check the path; a model folder holds *.safetensors.");
        InputFile.RequirePlain(path);
        SafetensorsFile? file = null;
        try
        {
            file = new SafetensorsFile(path, File.OpenHandle(path));
            file.ReadHeader();
            return file;
        }
        catch (Exception problem)
        {
            file?.Dispose();
            if (problem is IOException or UnauthorizedAccessException && !MemoryShortage.Is(problem))
            {
                throw InputFile.Unreadable(path, problem);
            }

            throw;
        }
    }

    /// <summary>A tensor's description.</summary>
    /// <exception cref="MttException">The file holds no tensor of that name.</exception>
    public SafetensorsEntry this[string name] =>
        Entries.TryGetValue(name, out SafetensorsEntry? entry)
            ? entry
            : throw new MttException($"{Path}: holds no tensor '{name}'", "Check that this is the right file.");

    /// <summary>A copy of all bytes of a tensor of at most 2 GiB.</summary>
    /// <inheritdoc cref="Read"/>
    public byte[] Bytes(SafetensorsEntry entry)
    {
        byte[] bytes = new byte[checked((int)entry.Length)];
        Read(entry, 0, bytes);
        return bytes;
    }

    /// <summary>Copies a part of a tensor.</summary>
    /// <param name="entry">A tensor of this file.</param>
    /// <param name="start">First byte of the part, counted from the tensor's first.</param>
    /// <param name="target">Receives the part; at most what the tensor has left.</param>
    /// <exception cref="MttException">The file was changed since it was opened, or cannot be read.</exception>
    public void Read(SafetensorsEntry entry, long start, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target.Length, entry.Length - start);
        _begun.Read(Path, _file, _dataStart + entry.Begin + start, target);
    }

    /// <summary>A copy of a tensor's elements.</summary>
    /// <exception cref="InvalidOperationException">The element type has another size.</exception>
    public ReadOnlySpan<T> Values<T>(string name)
        where T : unmanaged
    {
        SafetensorsEntry entry = this[name];
        return entry.Type.Bits() == Unsafe.SizeOf<T>() * 8
            ? MemoryMarshal.Cast<byte, T>(Bytes(entry))
            : throw new InvalidOperationException($"{name} is {entry.Type.Name()}, not {typeof(T).Name}");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void ReadHeader()
    {
        long size = _begun.Length;
        if (size < LengthBytes)
        {
            throw SafetensorsHeader.Damaged(Path, $"it has {size} bytes, fewer than a header needs");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        _begun.Read(Path, _file, 0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaxLength)
        {
            throw SafetensorsHeader.Damaged(
                Path,
                $"its header claims {length} bytes, over the limit of {SafetensorsHeader.MaxLength}"
            );
        }

        _dataStart = LengthBytes + (long)length;
        if (_dataStart > size)
        {
            throw SafetensorsHeader.Damaged(Path, $"its header claims {length} bytes, the file has {size}");
        }

        byte[] json = new byte[(int)length];
        _begun.Read(Path, _file, LengthBytes, json);
        SafetensorsHeader header = SafetensorsHeader.Parse(json, size - _dataStart, Path);
        Entries = header.Entries;
        Metadata = header.Metadata;
    }
}
