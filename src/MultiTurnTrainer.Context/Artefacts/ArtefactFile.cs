using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MultiTurnTrainer.Context.Artefacts;

/// <summary>
/// Artefacts in a file beside the data, one JSON object on a line. A line is handed to the system in one write, so that a process that is
/// killed loses only what it was about to add; what stands behind the last line end is cut off by the next that writes. <see cref="Finish"/>
/// orders the lines by their keys: the same artefacts are the same bytes, in whatever order they were made. One process at a time writes;
/// others may read. Safe for several threads; only places are kept in memory.
/// </summary>
public sealed class ArtefactFile : IArtefacts, IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Offset, int Length)> _places = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ArtefactCost> _costs = new(StringComparer.Ordinal);
    private bool _writes;
    private long _end;
    private string _last = "";
    private bool _isOrdered = true;

    private ArtefactFile(string path, SafeFileHandle file, bool writes) =>
        (Path, _file, _writes) = (path, file, writes);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Bytes of a line that was cut short when its writer was killed; 0 for none.</summary>
    public long TornBytes { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>What they cost, by the model that made them. One that was made again counts each time.</summary>
    public IReadOnlyList<ArtefactCost> Costs
    {
        get
        {
            lock (_lock)
            {
                return [.. _costs.Values];
            }
        }
    }

    /// <summary>Opens a file to add to; it is begun where there is none.</summary>
    /// <exception cref="MttException">Another process writes it, a line is damaged, or it cannot be written.</exception>
    public static ArtefactFile OpenToAdd(string path)
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            while (true)
            {
                SafeFileHandle file = PosixFile.Open(path, create: true);
                if (!PosixFile.Lock(file, wait: false))
                {
                    file.Dispose();
                    throw new MttException(
                        $"{path}: another process is adding artefacts to it",
                        "Wait for it, or name another file of artefacts."
                    );
                }

                if (PosixFile.Status(file) is not { Links: 0 })
                {
                    return Loaded(new ArtefactFile(path, file, writes: true));
                }

                // Whoever had it put the ordered file in its place between the two calls.
                file.Dispose();
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(path, problem);
        }
    }

    /// <summary>Opens a file to look things up.</summary>
    /// <exception cref="MttException">There is none, or a line is damaged.</exception>
    public static ArtefactFile OpenToRead(string path)
    {
        try
        {
            return Loaded(new ArtefactFile(path, OpenShared(path), writes: false));
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MttException(
                $"{path}: there is no such file of artefacts",
                "It is written where a model makes them: mtt prepare --policy with an endpoint or a model folder.",
                problem
            );
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(path, problem);
        }
    }

    /// <inheritdoc/>
    public Artefact? Find(string key)
    {
        (long Offset, int Length) place;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out place))
            {
                return null;
            }
        }

        return RecordJson.Read<Artefact>(Line(place));
    }

    /// <summary>Adds one; it takes the place of one with the same key.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Add(Artefact artefact)
    {
        byte[] line = [.. RecordJson.ToLine(artefact), (byte)'\n'];
        lock (_lock)
        {
            if (!_writes)
            {
                throw new InvalidOperationException($"{Path} was opened to read, or is finished");
            }

            try
            {
                RandomAccess.Write(_file, line, _end);
            }
            catch (IOException problem)
            {
                throw OutputFile.Explain(Path, problem);
            }

            Place(artefact, line.Length - 1);
            _end += line.Length;
        }
    }

    /// <summary>Puts the lines in the order of their keys, each key once. Nothing can be added afterwards.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Finish()
    {
        lock (_lock)
        {
            bool isDone = _isOrdered || !_writes;
            _writes = false;
            if (isDone)
            {
                return;
            }

            using OutputFile ordered = OutputFile.Create(Path, force: true);
            foreach ((_, (long Offset, int Length) place) in _places.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                ordered.Stream.Write(Line(place));
                ordered.Stream.Write("\n"u8);
            }

            ordered.Commit();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    // Whoever opens a file to read it alone is refused by .NET while another writes; that way is left to files that may not be written.
    private static SafeFileHandle OpenShared(string path)
    {
        try
        {
            return PosixFile.Open(path, create: false);
        }
        catch (Exception problem)
            when (problem
                    is UnauthorizedAccessException
                        or IOException
                        and not (FileNotFoundException or DirectoryNotFoundException)
            )
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
    }

    private static ArtefactFile Loaded(ArtefactFile file)
    {
        try
        {
            file.Load();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Load()
    {
        int number = 0;
        byte[] buffer = new byte[1 << 20];
        List<byte> line = [];
        long position = 0;
        for (int read; (read = RandomAccess.Read(_file, buffer, position)) > 0; position += read)
        {
            int start = 0;
            for (int at; (at = buffer.AsSpan(start, read - start).IndexOf((byte)'\n')) >= 0; start += at + 1)
            {
                line.AddRange(buffer.AsSpan(start, at));
                Place(Parsed(CollectionsMarshal.AsSpan(line), ++number), line.Count);
                _end = position + start + at + 1;
                line.Clear();
            }

            line.AddRange(buffer.AsSpan(start, read - start));
        }

        TornBytes = line.Count;
        if (_writes && TornBytes > 0)
        {
            RandomAccess.SetLength(_file, _end);
        }
    }

    private Artefact Parsed(ReadOnlySpan<byte> line, int number)
    {
        try
        {
            return RecordJson.Read<Artefact>(line);
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"{Path}:{number}: is no artefact: {problem.Message}",
                "Remove that line: what it held is made again when it is needed.",
                problem
            );
        }
    }

    private void Place(Artefact artefact, int length)
    {
        _isOrdered &= string.CompareOrdinal(_last, artefact.Key) < 0;
        _last = artefact.Key;
        _places[artefact.Key] = (_end, length);
        ArtefactCost cost = _costs.GetValueOrDefault(artefact.Model, new ArtefactCost(artefact.Model, 0, 0, 0));
        _costs[artefact.Model] = cost with
        {
            Count = cost.Count + 1,
            PromptTokens = cost.PromptTokens + artefact.PromptTokens,
            CompletionTokens = cost.CompletionTokens + artefact.CompletionTokens,
        };
    }

    private byte[] Line((long Offset, int Length) place)
    {
        byte[] line = new byte[place.Length];
        for (int read = 0; read < line.Length; )
        {
            int more = RandomAccess.Read(_file, line.AsSpan(read), place.Offset + read);
            read += more > 0 ? more : throw new MttException($"{Path}: became shorter while in use", "Run again.");
        }

        return line;
    }
}
