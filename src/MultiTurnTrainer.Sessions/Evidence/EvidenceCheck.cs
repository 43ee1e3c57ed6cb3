using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

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

    private EvidenceCheck(ECDsa? key, string? data) => (_key, _dataset) = (key, new DatasetSubject(data));

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">The key that must have signed it; null takes any, or none.</param>
    /// <param name="data">The folder of the data set that rows are compared with; null compares none.</param>
    /// <exception cref="MttException">The file cannot be read.</exception>
    public static EvidenceVerdict Run(string path, ECDsa? key, string? data = null)
    {
        using Stream stream = InputFile.OpenRead(path);
        EvidenceCheck check = new(key, data);
        string? problem = check.Read(new RawLines(stream));
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

        return problem is null ? _subject?.Missing : Invariant($"line {number}: the seal does not fit: {problem}");
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

/// <summary>Evidence of a session: its events fold, and what is said of turns is said of the events before.</summary>
internal sealed class SessionSubject : IEvidenceSubject
{
    private readonly EvidenceCounts _counts = new();
    private SessionState? _state;
    private LoggedEvent? _last;
    private long _declared;
    private bool _hasSums;

    public long Events => _counts.Events;

    public string Next => Invariant($", where event {Events + 1} comes next");

    public string? Missing =>
        _hasSums && Events == _declared ? null : Invariant($"event {Events + 1} is missing: {_declared} were declared");

    public string NameOf(JsonView entry) =>
        entry.GetString("entry") == "event" && entry.Get("version") is { } version
            ? Invariant($"event {version} ({Printable.Line(entry.GetString("kind"))})") + Gap(version)
            : Printable.Of($"the entry '{entry.GetString("entry")}' after event {Events}");

    public string? Take(JsonView entry) =>
        entry.GetString("entry") switch
        {
            "session" when _state is null => Begin(entry),
            "event" when _state is not null => Event(entry),
            "turn" when _last is not null => Turn(entry),
            "sums" when _last is not null => Sums(entry),
            _ => NameOf(entry) + " has no place here",
        };

    private string Gap(JsonView version) =>
        version.TryGetInt64(out long number) && number != Events + 1
            ? Invariant($", where event {Events + 1} comes next,")
            : "";

    private string? Begin(JsonView entry)
    {
        _declared = entry.GetProperty("events").GetInt64();
        _state = SessionFold.Empty(new SessionKey("", entry.GetProperty("session").GetString() ?? ""));
        return null;
    }

    private string? Event(JsonView entry)
    {
        LoggedEvent logged = new(
            entry.GetProperty("version").GetInt64(),
            entry.GetProperty("at").TryGetDateTimeOffset(out DateTimeOffset at) ? at : default,
            EventJson.Read(entry.GetString("kind") ?? "", entry.GetProperty("event").RawUtf8)
        );
        if (_last is not null && logged.At < _last.At)
        {
            return NameOf(entry) + " happened before the event before it";
        }

        if (!JsonText.ToView(SessionEvidence.EntryOf(logged)).RawUtf8.SequenceEqual(entry.RawUtf8))
        {
            return NameOf(entry) + " is not written as this version of mtt writes it";
        }

        _state = SessionFold.Apply(_state!, logged);
        _last = logged;
        _counts.Events++;
        _counts.Take(logged.Event);
        return null;
    }

    private string? Turn(JsonView entry) =>
        _last!.Event is TurnCommitted committed
        && entry.GetProperty("version").GetInt64() == _last.Version
        && entry.GetString("turn") == committed.Turn
        && entry.GetString("prompt_sha256") == committed.Info.PromptHash
        && entry.GetString("policy") == _state!.Policy?.Fingerprint
            ? null
            : Invariant($"what is said of a turn is not what event {_last.Version} says");

    private string? Sums(JsonView entry)
    {
        _hasSums = true;
        JsonView own = JsonText.ToView(_counts.ToEntry());
        foreach (string name in (string[])["events", "turns_committed", "turns_interrupted", "budget_trips"])
        {
            if (!JsonView.DeepEquals(own.GetProperty(name), entry.GetProperty(name)))
            {
                return $"the sum of {name} is not that of the events";
            }
        }

        return null;
    }
}
