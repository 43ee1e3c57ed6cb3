namespace MultiTurnTrainer.Validation.Findings;

/// <summary>
/// A baseline: findings that are known and do not fail a check. A finding is known by its code and the bytes of its row, so rows may
/// move within a file or to another; a row that is changed is new. Findings of a whole file are known by the file's name.
/// </summary>
public sealed class KnownFindings
{
    private const string Head =
        "# Known findings of mtt validate: code, how many, the row's hash, where the first was.";
    private const string Remedy = "Write it again: mtt validate … --write-baseline FILE.";

    private readonly Dictionary<(string Code, string Subject), (long Count, string Place)> _findings = [];

    /// <summary>How many of these findings have not been taken.</summary>
    public long Left => _findings.Values.Sum(known => known.Count);

    /// <summary>How many of those that were first found in some files have not been taken.</summary>
    /// <param name="files">The files, named as when the baseline was written; <c>./</c> before a name is nothing.</param>
    internal long LeftIn(IEnumerable<string> files)
    {
        HashSet<string> names = [.. files.Select(file => Plain(Printable.Line(file)))];
        return _findings.Values.Where(known => names.Contains(FileOf(known.Place))).Sum(known => known.Count);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="MttException">There is no such file, or it is no baseline.</exception>
    public static KnownFindings Read(string path)
    {
        KnownFindings known = new();
        long number = 0;
        foreach (string line in InputLines.Read(path, Remedy))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string[] fields = line.Split(' ', 4);
            bool isKnown =
                fields.Length == 4
                && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out long count)
                && known._findings.TryAdd((fields[0], fields[2]), (count, fields[3]));
            if (!isKnown)
            {
                throw new MttException(Invariant($"{path}:{number}: is no line of a baseline"), Remedy);
            }
        }

        return known;
    }

    /// <summary>What identifies a row.</summary>
    internal static string Subject(ReadOnlySpan<byte> bytes) => ContentHash.Of(bytes)[..16];

    /// <summary>Remembers one finding more.</summary>
    internal void Add(string code, string subject, string place)
    {
        (long count, string first) = _findings.GetValueOrDefault((code, subject), (0, place));
        _findings[(code, subject)] = (count + 1, first);
    }

    /// <summary>Takes one finding out.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Take(string code, string subject)
    {
        if (!_findings.TryGetValue((code, subject), out (long Count, string Place) known) || known.Count == 0)
        {
            return false;
        }

        _findings[(code, subject)] = known with { Count = known.Count - 1 };
        return true;
    }

    // A finding of a row has its line behind the file's name, one of a file has not.
    private static string FileOf(string place)
    {
        int colon = place.LastIndexOf(':');
        bool hasLine = colon > 0 && long.TryParse(place.AsSpan(colon + 1), NumberStyles.None, null, out _);
        return Plain(hasLine ? place[..colon] : place);
    }

    private static string Plain(string file) => file.StartsWith("./", StringComparison.Ordinal) ? file[2..] : file;

    /// <summary>Writes them, a line a code and row, in an order of their own: a change of the file shows what has changed.</summary>
    /// <exception cref="MttException">The file stands there already and <paramref name="force"/> is not given.</exception>
    public void Write(string path, bool force)
    {
        using OutputFile file = OutputFile.Create(path, force);
        using (StreamWriter text = new(file.Stream, leaveOpen: true) { NewLine = "\n" })
        {
            text.WriteLine(Head);
            foreach (((string code, string subject), (long count, string place)) in _findings.OrderBy(pair => pair.Key))
            {
                text.WriteLine(Invariant($"{code} {count} {subject} {Printable.Line(place)}"));
            }
        }

        file.Commit();
    }
}
