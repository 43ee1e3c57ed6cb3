namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>What checking evidence found.</summary>
/// <param name="Problem">The first thing that does not fit, with its line and event; null where everything does.</param>
/// <param name="Entries">Entries that fit.</param>
/// <param name="Events">Events, or rows of a data set, among them.</param>
/// <param name="Signer">SHA-256 of the public key that signed it; null where nobody did.</param>
public sealed record EvidenceVerdict(string? Problem, long Entries, long Events, string? Signer);

/// <summary>
/// Checks evidence line by line: every hash, the order of events and what they add up to, what entries say of each other, the seal and
/// its signature. Memory does not grow with the file, but with the session's state.
/// </summary>
public sealed class EvidenceCheck
{
    private readonly IEvidenceSubject _session = new SessionSubject();
    private readonly DatasetSubject _dataset;
    private readonly ECDsa? _key;
    private IEvidenceSubject? _subject;
    private byte[] _hash = EvidenceChain.Begin;
    private long _entries;
    private string? _signer;

    private EvidenceCheck(ECDsa? key, DatasetSubject dataset) => (_key, _dataset) = (key, dataset);

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The key that must have signed it; null takes any, or none.</param>
    /// <param name="data">The folder of the data set that rows are compared with; null compares none.</param>
    /// <exception cref="MttException">The file cannot be read.</exception>
    public static EvidenceVerdict Run(string path, ECDsa? key, string? data = null)
    {
        using Stream stream = InputFile.OpenRead(path);
        using DatasetSubject dataset = new(data);
        EvidenceCheck check = new(key, dataset);
        string? problem = check.Read(new RawLines(stream));
        if (problem is null && data is not null && check._subject != dataset)
        {
            problem = "is the evidence of a session: no data set can be compared with it";
        }

        return new EvidenceVerdict(problem, check._entries, check._subject?.Events ?? 0, check._signer);
    }

    private string? Read(RawLines lines)
    {
        for (long number = 1; lines.TryRead(out ReadOnlySpan<byte> line); number++)
        {
            if (lines.IsCutOff)
            {
                return Invariant($"line {number}: is cut off{_subject?.Next}");
            }

            if (line.StartsWith("{\"seal\":"u8))
            {
                return Seal(line, number, lines);
            }

            if (Entry(line) is { } problem)
            {
                return Invariant($"line {number}: {problem}");
            }

            _entries++;
        }

        return Invariant($"line {_entries + 1}: the seal is missing: the end was cut off{_subject?.Next}");
    }

    private string? Entry(ReadOnlySpan<byte> line)
    {
        if (line.Length <= EvidenceChain.HeadLength || line[^1] != (byte)'}')
        {
            return $"is no line of evidence{_subject?.Next}";
        }

        ReadOnlySpan<byte> entry = line[EvidenceChain.HeadLength..^1];
        byte[] hash = EvidenceChain.After(_hash, entry);
        if (!line[..EvidenceChain.HeadLength].SequenceEqual(EvidenceChain.Head(hash)))
        {
            return Misfit(entry);
        }

        _hash = hash;
        JsonView read;
        try
        {
            read = JsonView.Parse(entry);
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }

        return Take(read);
    }

    // Somebody who makes hashes of their own for what they changed still has to tell a story that adds up.
    private string? Take(JsonView entry)
    {
        _subject ??= entry.GetString("entry") switch
        {
            "session" => _session,
            "dataset" => _dataset,
            _ => null,
        };
        try
        {
            return _subject is null ? "evidence begins with a session or a data set" : _subject.Take(entry);
        }
        catch (Exception problem)
            when (problem is FormatException or InvalidOperationException or KeyNotFoundException or MttException)
        {
            return problem.Message;
        }
    }

    private string Misfit(ReadOnlySpan<byte> entry)
    {
        string which = "this entry";
        try
        {
            which = _subject?.NameOf(JsonView.Parse(entry)) ?? "the first entry";
        }
        catch (FormatException)
        {
            // What was changed is no JSON any more: its place names it.
            which = _subject is null ? "the first entry" : $"what stands here{_subject.Next}";
        }

        return $"{which} does not fit: its hash is not that of its words and the lines before it";
    }

    private string? Seal(ReadOnlySpan<byte> line, long number, RawLines lines)
    {
        string? problem = SealProblem(line);
        if (problem is null && lines.TryRead(out _))
        {
            return Invariant($"line {number + 1}: something stands behind the seal");
        }

        if (problem is not null)
        {
            return Invariant($"line {number}: the seal does not fit: {problem}");
        }

        return _subject is null ? "there is nothing before the seal" : _subject.Missing;
    }

    private string? SealProblem(ReadOnlySpan<byte> line)
    {
        byte[]? key;
        byte[]? signature;
        try
        {
            JsonView seal = JsonView.Parse(line).GetProperty("seal");
            key = seal.GetString("public_key") is { } text ? Convert.FromBase64String(text) : null;
            signature = seal.GetString("signature") is { } signed ? Convert.FromBase64String(signed) : null;
        }
        catch (Exception problem) when (problem is FormatException or KeyNotFoundException)
        {
            return problem.Message;
        }

        if (!line.SequenceEqual(EvidenceChain.Seal(_entries, _hash, key, signature)))
        {
            return "it is of other lines";
        }

        return key is null || signature is null
            ? _key is null
                ? null
                : "nobody signed it"
            : SignatureProblem(key, signature);
    }

    private string? SignatureProblem(byte[] publicKey, byte[] signature)
    {
        if (_key is not null && !_key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(publicKey))
        {
            return "another key signed it";
        }

        using ECDsa key = ECDsa.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out int read);
            byte[] signed = EvidenceChain.Signed(_entries, _hash);
            if (read != publicKey.Length || !key.VerifyData(signed, signature, HashAlgorithmName.SHA256))
            {
                return "the signature is of something else";
            }
        }
        catch (CryptographicException)
        {
            return "its public key is none";
        }

        _signer = ContentHash.Of(publicKey);
        return null;
    }
}

/// <summary>What entries of evidence say together.</summary>
internal interface IEvidenceSubject
{
    /// <summary>Events or rows so far.</summary>
    long Events { get; }

    /// <summary>What comes next, for messages: begins with <c>", where "</c>.</summary>
    string Next { get; }

    /// <summary>What is missing at the end; null for nothing.</summary>
    string? Missing { get; }

    /// <summary>An entry's name, for messages.</summary>
    string NameOf(JsonView entry);

    /// <summary>Takes over an entry whose hash fits.</summary>
    /// <returns>Why it does not follow; null where it does.</returns>
    string? Take(JsonView entry);
}
