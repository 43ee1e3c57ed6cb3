using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Calls;

/// <summary>
/// The append-only record of a run: a header line, then one line per finished call in the order in which they finished.
/// A line is handed to the system in one write, so a killed process loses only calls in flight; a torn last line (power
/// cut) is dropped on opening. The lines are forced to the disk once a second. One process at a time may hold it.
/// Only places and offsets are kept in memory.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Offset, int Length)> _lines = new(StringComparer.Ordinal);
    private long _end;
    private long _lastSync;

    private Journal(FileStream file, TimeProvider time)
    {
        _file = file;
        _time = time;
        _lastSync = time.GetTimestamp();
    }

    /// <summary>The calls on record.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>Begins a journal.</summary>
    /// <param name="path">Where.</param>
    /// <param name="header">The first line: what the run is.</param>
    /// <param name="time">The clock.</param>
    public static Journal Create(string path, byte[] header, TimeProvider time)
    {
        Journal journal = new(Open(path, create: true), time);
        journal._file.SetLength(0);
        journal.Write(header);
        return journal;
    }

    /// <summary>Opens a journal to go on with.</summary>
    /// <param name="path">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="restored">Told of every call on record.</param>
    /// <param name="header">The first line.</param>
    /// <exception cref="MttException">There is none, it is in use, or a line in it is damaged.</exception>
    public static Journal Resume(string path, TimeProvider time, Action<CallRecord> restored, out JsonElement header)
    {
        Journal journal = new(Open(path, create: false), time);
        try
        {
            header = journal.Load(path, restored);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Records one finished call.</summary>
    public void Add(CallRecord record)
    {
        byte[] line = RecordJson.ToLine(record);
        lock (_lock)
        {
            _lines[record.Key] = (_end, line.Length);
            Write(line);
        }
    }

    /// <summary>The latest record at a place, or null.</summary>
    public CallRecord? Find(string key)
    {
        byte[] line;
        lock (_lock)
        {
            if (!_lines.TryGetValue(key, out (long Offset, int Length) place))
            {
                return null;
            }

            line = new byte[place.Length];
            ReadExactly(line, place.Offset);
        }

        return RecordJson.Read<CallRecord>(line);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static FileStream Open(string path, bool create)
    {
        try
        {
            SafeFileHandle file = PosixFile.Open(path, create);
            if (PosixFile.Lock(file, wait: false))
            {
                return new FileStream(file, FileAccess.ReadWrite, bufferSize: 0);
            }

            file.Dispose();
            throw new IOException("it is locked");
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MttException(
                $"{path}: there is no such journal",
                "Leave --resume out to begin the run.",
                problem
            );
        }
        catch (IOException problem) when (File.Exists(path))
        {
            throw new MttException(
                $"{path}: cannot be opened ({problem.Message})",
                "Is another mtt working in that folder? Wait for it, or name another --output.",
                problem
            );
        }
    }

    private void Write(byte[] line)
    {
        byte[] bytes = [.. line, (byte)'\n'];
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, _end);
            _end += bytes.Length;
            if (_time.GetElapsedTime(_lastSync).TotalSeconds >= 1)
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
                _lastSync = _time.GetTimestamp();
            }
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(_file.Name, problem);
        }
    }

    private JsonElement Load(string path, Action<CallRecord> restored)
    {
        JsonElement? header = null;
        int number = 0;
        foreach ((long offset, byte[] line) in Lines())
        {
            number++;
            try
            {
                if (header is null)
                {
                    header = JsonSerializer.Deserialize<JsonElement>(line);
                }
                else
                {
                    CallRecord record = RecordJson.Read<CallRecord>(line);
                    _lines[record.Key] = (offset, line.Length);
                    restored(record);
                }
            }
            catch (Exception problem) when (problem is JsonException or FormatException or ArgumentNullException)
            {
                throw new MttException(
                    $"{path}:{number}: the line is damaged",
                    "Cut the file before that line and resume: the calls after it are made again.",
                    problem
                );
            }
        }

        _file.SetLength(_end);
        return header ?? throw new MttException($"{path}: the journal is empty", "Begin the run without --resume.");
    }

    /// <summary>The whole lines; what follows the last line feed is torn and will be cut off.</summary>
    private IEnumerable<(long Offset, byte[] Line)> Lines()
    {
        byte[] buffer = new byte[1 << 20];
        List<byte> line = [];
        long position = 0;
        for (int read; (read = RandomAccess.Read(_file.SafeFileHandle, buffer, position)) > 0; position += read)
        {
            int start = 0;
            for (int at; (at = buffer.AsSpan(start, read - start).IndexOf((byte)'\n')) >= 0; start += at + 1)
            {
                line.AddRange(buffer.AsSpan(start, at));
                long offset = _end;
                _end = position + start + at + 1;
                yield return (offset, line.ToArray());
                line.Clear();
            }

            line.AddRange(buffer.AsSpan(start, read - start));
        }
    }

    private void ReadExactly(Span<byte> target, long offset)
    {
        while (target.Length > 0)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, target, offset);
            if (read == 0)
            {
                throw new MttException($"{_file.Name}: became shorter while in use", "Resume the run.");
            }

            target = target[read..];
            offset += read;
        }
    }
}
