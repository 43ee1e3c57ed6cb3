using Microsoft.Win32.SafeHandles;
using MultiTurnTrainer.Hub.Client;

namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>
/// A file that arrives in pieces, in any order. A list beside it says which pieces are whole, so that a later process goes on where
/// this one was stopped. It gets its name when all is there and its hash is right.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private readonly string _path;
    private readonly string _list;
    private readonly RemoteFile _file;
    private readonly SafeFileHandle _data;
    private readonly HashSet<int> _whole;
    private readonly Lock _writing = new();
    private readonly int _pieceBytes;

    private PartialFile(string path, RemoteFile file, int pieceBytes)
    {
        _path = path;
        _list = path + ".pieces";
        _file = file;
        _pieceBytes = pieceBytes;
        _whole = ReadList();
        _data = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Begins a file, or goes on with one that is there. Only for who holds the blob's lock.</summary>
    public static PartialFile Open(string blob, RemoteFile file, int pieceBytes) =>
        new($"{blob}.{pieceBytes}.mtt-partial", file, pieceBytes);

    /// <summary>The pieces that are missing: where they begin, and where they end.</summary>
    public IReadOnlyList<(int Index, long Start, long End)> Missing =>
        [
            .. Enumerable
                .Range(0, (int)((_file.Size + _pieceBytes - 1) / _pieceBytes))
                .Where(index => !_whole.Contains(index))
                .Select(index =>
                    (index, (long)index * _pieceBytes, Math.Min(((long)index + 1) * _pieceBytes, _file.Size))
                ),
        ];

    /// <summary>Bytes of pieces that are whole.</summary>
    public long Present => _file.Size - Missing.Sum(piece => piece.End - piece.Start);

    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_data, bytes, offset);

    /// <summary>Writes down that a piece is whole.</summary>
    public void MarkWhole(int index)
    {
        lock (_writing)
        {
            _whole.Add(index);
            File.AppendAllText(_list, string.Create(CultureInfo.InvariantCulture, $"{index}\n"));
        }
    }

    /// <summary>Whether size and hash are the hub's.</summary>
    public bool IsRight()
    {
        if (RandomAccess.GetLength(_data) != _file.Size)
        {
            return false;
        }

        // A large file's tag is its SHA-256, a small one's what git computes. Some mirrors have tags of another kind.
        return _file.Etag.Length switch
        {
            64 => Hash(HashAlgorithmName.SHA256, []) == _file.Etag,
            40 => Hash(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes($"blob {_file.Size}\0")) == _file.Etag,
            _ => true,
        };
    }

    /// <summary>Gives the file its name.</summary>
    public void Finish(string blob)
    {
        RandomAccess.FlushToDisk(_data);
        _data.Dispose();
        File.Move(_path, blob, overwrite: true);
        File.Delete(_list);
    }

    /// <summary>Throws away what arrived.</summary>
    public void Forget()
    {
        _data.Dispose();
        File.Delete(_path);
        File.Delete(_list);
    }

    public void Dispose() => _data.Dispose();

    private string Hash(HashAlgorithmName algorithm, byte[] head)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(head);
        byte[] buffer = new byte[1 << 20];
        for (long done = 0; done < _file.Size; )
        {
            int count = RandomAccess.Read(_data, buffer, done);
            hash.AppendData(buffer, 0, count);
            done += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // A list without its file, or the other way round, says nothing.
    private HashSet<int> ReadList() =>
        File.Exists(_path) && File.Exists(_list)
            ?
            [
                .. File.ReadLines(_list)
                    .Select(line => int.TryParse(line, CultureInfo.InvariantCulture, out int index) ? index : -1),
            ]
            : [];
}
