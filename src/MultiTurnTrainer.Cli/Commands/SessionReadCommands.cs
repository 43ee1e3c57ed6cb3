using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The commands of <c>mtt sessions</c> that change nothing.</summary>
internal static class SessionReadCommands
{
    private static readonly Argument<string> _session = new("ID") { Description = "The session." };

    private static readonly Argument<string[]> _sessions = new("ID")
    {
        Description = "The sessions; without any, all of the tenant.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<int?> _limit = new Option<int?>("--limit")
    {
        Description = "Only the newest.",
    }.AtLeast(1);

    private static readonly Option<string?> _user = new("--user")
    {
        Description = "Only sessions of this user.",
        HelpName = "ID",
    };

    private static readonly Option<long?> _at = new Option<long?>("--at")
    {
        Description = "At this version; default: the newest.",
    }.AtLeast(1);

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Compare the prompts that were sent with those this model's tokenizer, template and the policy give."
    );

    private static readonly Option<string?> _policy = CommonOptions.Policy();
    private static readonly Option<string?> _output = CommonOptions.Output("Write there; default: standard output.");
    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly Option<bool> _pairs = new("--pairs")
    {
        Description = "Preference pairs of answers that were made anew, edited or forked, in place of conversations.",
    };

    private static readonly Option<bool> _log = new("--log")
    {
        Description = "Every event, for mtt sessions import, in place of conversations.",
    };

    private static readonly RedactOptions _redact = new();

    public static IEnumerable<Command> Create()
    {
        Command list = new("list", "List sessions, the newest change first.") { _limit, _user };
        list.SetAction(ListAsync);
        Command show = new("show", "Show what was said, and what became of each turn.") { _session };
        show.SetAction(ShowAsync);
        Command replay = new("replay", "Fold a session's log from its first event, to any version.")
        {
            _session,
            _at,
            _model,
            _policy,
        };
        replay.SetAction(ReplayAsync);
        Command export = new("export", "Write sessions as conversations, with policy fingerprints and outcomes.")
        {
            _sessions,
            _output,
            _force,
            _pairs,
            _log,
        };
        _redact.AddTo(export);
        export.SetAction(ExportAsync);
        return [list, show, replay, export];
    }

    private static Task<int> ListAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                SessionQuery query = new()
                {
                    Tenant = SessionsCommand.Tenant(parsed),
                    User = parsed.GetValue(_user),
                    Limit = parsed.GetValue(_limit) ?? int.MaxValue,
                };
                int count = 0;
                await foreach (SessionHeader header in new SessionService(log).ListAsync(query, cancellation))
                {
                    Console.Out.WriteLine(SessionsText.Header(header));
                    count++;
                }

                Console.Error.WriteLine(Printable.Of($"{Counted.Of(count, "session")} in {log.Store.Place}"));
                return ExitCode.Done;
            }
        );

    private static Task<int> ShowAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                SessionsText.Write(await log.LoadAsync(Named(parsed), cancellation));
                return ExitCode.Done;
            }
        );

    private static Task<int> ReplayAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                SessionKey session = Named(parsed);
                SessionState now = await log.LoadAsync(session, cancellation);
                long version = parsed.GetValue(_at) ?? now.Version;
                SessionState state = await log.LoadAsync(session, version, cancellation);
                SessionsText.Write(state);
                if (parsed.GetValue(_model) is not { } folder)
                {
                    return ExitCode.Done;
                }

                RowModel model = RowModel.Load(RemoteInputs.Folder(folder, ModelNeed.Tokenizer), new RowOptions());
                ContextPolicy policy =
                    SessionsCommand.LoadSettings(parsed).Policy(parsed.GetValue(_policy)) ?? new ContextPolicy();
                ReplayedPrompts replayed = PromptReplay.Compare(
                    await log.EventsAsync(session, 0, cancellation),
                    state,
                    new PolicyModel(policy, model)
                );
                SessionsText.Write(replayed);
                return replayed.Differing.Count == 0 ? ExitCode.Done : ExitCode.Findings;
            }
        );

    private static Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                string? path = parsed.GetValue(_output);
                bool force = parsed.GetValue(_force);
                IReadOnlyList<string>? redacted = RedactedFields(parsed);
                using OutputFile? file = path is null ? null : OutputFile.Create(path, force);
                Stream output = file?.Stream ?? Console.OpenStandardOutput();
                using ExportedRows rows = new(output, path, force, redacted);
                IAsyncEnumerable<SessionKey> sessions = AllAsync(parsed, log, cancellation);
                if (parsed.GetValue(_log))
                {
                    await ExportLogsAsync(sessions, log, output, cancellation);
                }
                else if (parsed.GetValue(_pairs))
                {
                    await ExportPairsAsync(sessions, log, rows, cancellation);
                }
                else
                {
                    await ExportConversationsAsync(sessions, log, rows, cancellation);
                }

                file?.Commit();
                rows.Commit();
                return ExitCode.Done;
            }
        );

    private static IReadOnlyList<string>? RedactedFields(ParseResult parsed)
    {
        IReadOnlyList<string>? fields = _redact.Fields(parsed);
        return fields is null || !parsed.GetValue(_log)
            ? fields
            : throw new MttException(
                "--log writes what happened, and a redacted log would say something else",
                "Redact conversations: leave out --log."
            );
    }

    private static async Task ExportPairsAsync(
        IAsyncEnumerable<SessionKey> sessions,
        SessionLog log,
        ExportedRows rows,
        CancellationToken cancellation
    )
    {
        PairWriter writer = new(pair => rows.Write(JsonText.ToView(pair)));
        SessionPairs pairs = new(writer.Counts.Skip);
        await foreach (SessionKey session in sessions)
        {
            pairs.Note(await log.LoadAsync(session, cancellation));
        }

        await foreach (SessionKey session in sessions)
        {
            foreach (AnswerPair pair in pairs.Of(await log.LoadAsync(session, cancellation)))
            {
                writer.Write(pair);
            }
        }

        foreach (string line in writer.Counts.Lines)
        {
            Console.Error.WriteLine(Printable.Of($"{line}"));
        }

        Console.Error.WriteLine(Counted.Of(rows.Count, "pair"));
    }

    private static async Task ExportConversationsAsync(
        IAsyncEnumerable<SessionKey> sessions,
        SessionLog log,
        ExportedRows rows,
        CancellationToken cancellation
    )
    {
        await foreach (SessionKey session in sessions)
        {
            rows.Write(SessionRow.Of(await log.LoadAsync(session, cancellation)));
        }

        Console.Error.WriteLine(Counted.Of(rows.Count, "conversation"));
    }

    private static async Task ExportLogsAsync(
        IAsyncEnumerable<SessionKey> sessions,
        SessionLog log,
        Stream output,
        CancellationToken cancellation
    )
    {
        long count = 0;
        await foreach (SessionKey session in sessions)
        {
            IReadOnlyList<LoggedEvent> events = await log.EventsAsync(session, 0, cancellation);
            LogFile.Write(output, session.Id, events);
            count += events.Count;
        }

        Console.Error.WriteLine(Counted.Of(count, "event"));
    }

    private static SessionKey Named(ParseResult parsed) =>
        new(SessionsCommand.Tenant(parsed), parsed.GetValue(_session)!);

    private static async IAsyncEnumerable<SessionKey> AllAsync(
        ParseResult parsed,
        SessionLog log,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        string tenant = SessionsCommand.Tenant(parsed);
        if (parsed.GetValue(_sessions) is { Length: > 0 } named)
        {
            foreach (string id in named)
            {
                yield return new SessionKey(tenant, id);
            }

            yield break;
        }

        SessionQuery query = new() { Tenant = tenant };
        await foreach (SessionHeader header in new SessionService(log).ListAsync(query, cancellation))
        {
            yield return header.Key;
        }
    }
}
