using System.Security.Cryptography;
using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Sessions.Evidence;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt sessions evidence</c> and <c>verify</c>: files that show an auditor how state was managed.</summary>
internal static class SessionEvidenceCommands
{
    private const string _evidenceHelp = """
        Write a file that shows an auditor how the state of a session, or a data set, was managed.

        It holds every event, and for each answer the policy, the constraints in force and whether the prompt held them, what was
        left out and why, and whether the prompt that was sent can be made again; each line has a hash over it and the line before.

        Examples:
          mtt sessions evidence ID --output ID.evidence.jsonl --key key.pem
          mtt sessions evidence ID --model model --adapter adapter --output ID.evidence.jsonl
          mtt sessions evidence --from log.jsonl --output evidence.jsonl      of what export --log wrote
          mtt sessions evidence --data data --output data.evidence.jsonl      of what mtt prepare wrote
        """;

    private const string _verifyHelp = """
        Check evidence: every hash, the order of events, what they add up to, and the signature. Names the first that does not fit.

        Examples:
          mtt sessions verify ID.evidence.jsonl
          mtt sessions verify ID.evidence.jsonl --key public.pem
          mtt sessions verify data.evidence.jsonl --data data      and that the data set is still the one it was
        """;

    private static readonly Argument<string?> _session = new("ID")
    {
        Description = "The session; of a file with one session it need not be said.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> _from = new("--from")
    {
        Description = "Take the session from what mtt sessions export --log wrote.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _data = new("--data")
    {
        Description = "A data set: the folder that mtt prepare wrote.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> _signWith = new("--key")
    {
        Description = "Sign with this private key of an elliptic curve (PEM).",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _checkWith = new("--key")
    {
        Description = "The public key that must have signed it (PEM); without it the one that the file names is told.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "The model that answered: its files are hashed, and its tokenizer and template plan the prompts again."
    );

    private static readonly Option<string?> _adapter = CommonOptions.Adapter();

    private static readonly Option<int?> _window = new Option<int?>("--window")
    {
        Description = "Tokens the model took, where mtt serve was told.",
    }.AtLeast(16);

    private static readonly Option<string> _output = CommonOptions.Required(CommonOptions.Output("The file."));
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly Argument<string> _file = new("FILE") { Description = "What mtt sessions evidence wrote." };

    public static IEnumerable<Command> Create()
    {
        Command evidence = new("evidence", _evidenceHelp)
        {
            _session,
            _from,
            _data,
            _output,
            _force,
            _signWith,
            _model,
            _adapter,
            _window,
        };
        evidence.SetAction(EvidenceAsync);
        Command verify = new("verify", _verifyHelp) { _file, _checkWith, _data };
        verify.SetAction(Verify);
        return [evidence, verify];
    }

    private static Task<int> EvidenceAsync(ParseResult parsed, CancellationToken cancellation)
    {
        (string? id, string? from, string? data) = (
            parsed.GetValue(_session),
            parsed.GetValue(_from),
            parsed.GetValue(_data)
        );
        if (data is not null && (id ?? from) is not null)
        {
            throw new MttException("--data is a data set, and a session is named too", "Name one of them.");
        }

        if (data is not null)
        {
            return Task.FromResult(Write(parsed, [data], file => OfData(file, data)));
        }

        if (from is not null)
        {
            (string found, IReadOnlyList<LoggedEvent> events) = Find(from, id);
            return Task.FromResult(Write(parsed, [from], file => OfSession(parsed, file, found, events)));
        }

        if (id is null)
        {
            throw new MttException("no session is named", "Give its ID, --from FILE, or --data DIR.");
        }

        return SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                IReadOnlyList<LoggedEvent> events = await log.EventsAsync(
                    new SessionKey(SessionsCommand.Tenant(parsed), id),
                    0,
                    cancellation
                );
                return Write(parsed, [], file => OfSession(parsed, file, id, events));
            }
        );
    }

    private static int Write(ParseResult parsed, string[] inputs, Action<EvidenceFile> write)
    {
        string path = parsed.GetValue(_output)!;
        using ECDsa? key = parsed.GetValue(_signWith) is { } pem ? EvidenceKeys.ReadPrivate(pem) : null;
        OutputPaths.RefuseClash(inputs, path);
        using OutputFile output = OutputFile.Create(path, parsed.GetValue(_force));
        EvidenceFile file = new(output.Stream);
        write(file);
        file.Seal(key);
        output.Commit();
        return ExitCode.Done;
    }

    private static void OfData(EvidenceFile file, string folder) =>
        Console.Error.WriteLine(Printable.Of($"{folder}: {Counted.Of(DatasetEvidence.Write(file, folder), "row")}"));

    private static void OfSession(ParseResult parsed, EvidenceFile file, string id, IReadOnlyList<LoggedEvent> events)
    {
        string? folder = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Weights);
        string? adapter = RemoteInputs.Folder(parsed.GetValue(_adapter), ModelNeed.Adapter);
        RowModel? model = folder is null ? null : RowModel.Load(folder, new RowOptions());
        int? window = parsed.GetValue(_window);
        TurnPrompts prompts = new(policy =>
            model is null
                ? new PolicyModel(policy, static () => new ByteTokenCounter(), window)
                : new PolicyModel(policy, model, window)
        );
        JsonFields files = [];
        files.AddPresent("model", folder is null ? null : FolderHashes.Of(folder));
        files.AddPresent("adapter", adapter is null ? null : FolderHashes.Of(adapter));
        SessionEvidence evidence = new(file, prompts);
        evidence.Write(id, events, files);
        EvidenceCounts counts = evidence.Counts;
        Console.Error.WriteLine(
            Invariant(
                $"{Counted.Of(counts.Events, "event")}; constraints held {counts.ConstraintsHeld:N0} of {counts.Constraints:N0}; prompts made again {counts.Reproduced:N0}, differing {counts.Differing:N0}, not planned {counts.NotPlanned:N0}"
            )
        );
    }

    private static (string Id, IReadOnlyList<LoggedEvent> Events) Find(string path, string? id)
    {
        (string Id, IReadOnlyList<LoggedEvent> Events)? found = null;
        foreach ((string Id, IReadOnlyList<LoggedEvent> Events) session in LogFile.Read(path))
        {
            if (id is not null && session.Id != id)
            {
                continue;
            }

            found = found is null
                ? session
                : throw new MttException(
                    Printable.Of($"{path}: holds several sessions"),
                    "Name one of them by its ID."
                );
        }

        return found
            ?? throw new MttException(
                Printable.Of($"{path}: holds no session{(id is null ? "" : " " + id)}"),
                "Give a file that mtt sessions export --log wrote."
            );
    }

    private static int Verify(ParseResult parsed)
    {
        string path = parsed.GetValue(_file)!;
        using ECDsa? key = parsed.GetValue(_checkWith) is { } pem ? EvidenceKeys.Read(pem) : null;
        EvidenceVerdict verdict = EvidenceCheck.Run(path, key, parsed.GetValue(_data));
        if (verdict.Problem is { } problem)
        {
            Console.Error.WriteLine(Printable.Of($"{path}: {problem}"));
            return ExitCode.Findings;
        }

        string signed = verdict.Signer is { } signer
            ? $"signed by {signer}"
            : "nobody signed it, so it shows what was changed by accident and not what was made anew";
        Console.Out.WriteLine(
            Printable.Of(
                $"{path}: fits: {Counted.Of(verdict.Entries, "entry", "entries")}, {verdict.Events} events or rows; {signed}"
            )
        );
        return ExitCode.Done;
    }
}
