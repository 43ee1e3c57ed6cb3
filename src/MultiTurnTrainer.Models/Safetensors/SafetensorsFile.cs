// Folder Safetensors: reads and writes the file format by its rules.
// Refuses to know: models, what a tensor is for.

using Microsoft.Win32.SafeHandles;

namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>A memory-mapped, checked safetensors file. Tensors are slices of the map: nothing is copied.</summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const int LengthBytes = 8;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _data;
    private readonly long _dataStart;

    private SafetensorsFile(
        string path,
        SafetensorsHeader header,
        MemoryMappedFile map,
        MemoryMappedViewAccessor view,
        byte* data,
        long dataStart
    )
    {
        Path = path;
        Entries = header.Entries;
        Metadata = header.Metadata;
        _map = map;
        _view = view;
        _data = data;
        _dataStart = dataStart;
    }

    /// <summary>The file's path as given.</summary>
    public string Path { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="MttException">The file is missing, unreadable or breaks a rule of the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        InputFile.RequireExists(path, "Check the path; a model folder holds *.safetensors.");
        InputFile.RequirePlain(path);

        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        bool held = false;
        try
        {
            long size = InputFile.Length(path);
            if (size < LengthBytes)
            {
                throw SafetensorsHeader.Damaged(path, $"it has {size} bytes, fewer than a header needs");
            }

            map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = map.CreateViewAccessor(0, size, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            held = true;

            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start, LengthBytes));
            if (length > SafetensorsHeader.MaxLength)
            {
                throw SafetensorsHeader.Damaged(
                    path,
                    $"its header claims {length} bytes, over the limit of {SafetensorsHeader.MaxLength}"
                );
            }

            long dataStart = LengthBytes + (long)length;
            if (dataStart > size)
            {
                throw SafetensorsHeader.Damaged(path, $"its header claims {length} bytes, the file has {size}");
            }

            ReadOnlySpan<byte> json = new(start + LengthBytes, (int)length);
            SafetensorsHeader header = SafetensorsHeader.Parse(json, size - dataStart, path);
            return new SafetensorsFile(path, header, map, view, start + dataStart, dataStart);
        }
        catch (Exception problem)
        {
            if (held)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            map?.Dispose();
            if (problem is (IOException or UnauthorizedAccessException) && !MemoryShortage.Is(problem))
            {
                throw new MttException($"{path}: {problem.Message}", "Check the file and its permissions.", problem);
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

    /// <summary>A tensor's bytes, or a part of them; valid until the file is disposed.</summary>
    /// <param name="entry">A tensor of this file.</param>
    /// <param name="start">First byte of the part, counted from the tensor's first.</param>
    /// <param name="length">Length of the part; at most what the tensor has left.</param>
    public ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, entry.Length - start);
        return new ReadOnlySpan<byte>(_data + entry.Begin + start, length);
    }

    /// <summary>All bytes of a tensor of at most 2 GiB.</summary>
    public ReadOnlySpan<byte> Bytes(SafetensorsEntry entry) => Bytes(entry, 0, checked((int)entry.Length));

    /// <summary>
    /// Copies a part of a tensor past the map: pages of the map count as this process' memory for as long as it is mapped, and would
    /// stand beside the copy.
    /// </summary>
    /// <param name="entry">A tensor of this file.</param>
    /// <param name="start">First byte of the part, counted from the tensor's first.</param>
    /// <param name="target">Receives the part; at most what the tensor has left.</param>
    public void Read(SafetensorsEntry entry, long start, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(target.Length, entry.Length - start);
        using SafeFileHandle file = File.OpenHandle(Path);
        long place = _dataStart + entry.Begin + start;
        while (target.Length > 0)
        {
            int count = RandomAccess.Read(file, target, place);
            if (count == 0)
            {
                throw SafetensorsHeader.Damaged(Path, "it has become shorter while it was read");
            }

            target = target[count..];
            place += count;
        }
    }

    /// <summary>A tensor's elements without a copy.</summary>
    /// <exception cref="InvalidOperationException">The element type has another size.</exception>
    public ReadOnlySpan<T> Values<T>(string name)
        where T : unmanaged
    {
        SafetensorsEntry entry = this[name];
        return entry.Type.Bits() == sizeof(T) * 8
            ? MemoryMarshal.Cast<byte, T>(Bytes(entry))
            : throw new InvalidOperationException($"{name} is {entry.Type.Name()}, not {typeof(T).Name}");
    }

    /// <summary>Unmaps the file; slices of it are no longer valid.</summary>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
