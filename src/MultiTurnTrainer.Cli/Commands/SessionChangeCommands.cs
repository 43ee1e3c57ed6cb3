namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The commands of <c>mtt sessions</c> that make or erase something.</summary>
internal static class SessionChangeCommands
{
    private static readonly Argument<string> _session = new("ID") { Description = "The session." };

    private static readonly Argument<string[]> _sessions = new("ID")
    {
        Description = "The sessions.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Argument<string> _file = new("FILE")
    {
        Description = "Logs that mtt sessions export wrote.",
    };

    private static readonly Option<long?> _at = new Option<long?>("--at")
    {
        Description = "At this version; default: the newest.",
    }.AtLeast(1);

    private static readonly Option<string?> _user = new("--user")
    {
        Description = "All sessions of this user, and the memory that they share.",
        HelpName = "ID",
    };

    private static readonly Option<double?> _olderThan = new Option<double?>("--older-than")
    {
        Description = "Erase sessions that nobody changed for so many days; default: sessions.store.ttl.",
        HelpName = "DAYS",
    }.Between(0, 36_500);

    private static readonly Option<string> _output = new("--output", "-o")
    {
        Description = "A file that does not exist yet.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> _to = new("--to")
    {
        Description = "The other store.",
        HelpName = "sqlite:FILE|postgres://…",
        Required = true,
    };

    public static IEnumerable<Command> Create()
    {
        Command fork = new("fork", "Begin another session with a copy of this one.") { _session, _at };
        fork.SetAction(ForkAsync);
        Command import = new("import", "Bring logs into the store, each session whole or not at all.") { _file };
        import.SetAction(ImportAsync);
        Command delete = new("delete", "Erase sessions: their words are then in no file of the store.")
        {
            _sessions,
            _user,
        };
        delete.SetAction(DeleteAsync);
        Command gc = new("gc", "Erase what is too old, and make sure that nothing erased is left.") { _olderThan };
        gc.SetAction(CollectAsync);
        Command backup = new("backup", "Copy the store as it is at one moment, while it is in use.") { _output };
        backup.SetAction(BackUpAsync);
        Command migrate = new(
            "migrate",
            "Copy all sessions of all tenants into another store, byte for byte; again, what is new."
        )
        {
            _to,
        };
        migrate.SetAction(MigrateAsync);
        Command key = new("key", "Make a key for a tenant; only its hash goes into mtt.yaml.");
        key.SetAction(MakeKey);
        return [fork, import, delete, gc, backup, migrate, key];
    }

    private static Task<int> ForkAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                SessionState fork = await new SessionService(log).ForkAsync(
                    new SessionKey(SessionsCommand.Tenant(parsed), parsed.GetValue(_session)!),
                    parsed.GetValue(_at),
                    cancellation
                );
                Console.Out.WriteLine(fork.Id);
                return ExitCode.Done;
            }
        );

    private static Task<int> ImportAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                (int added, IReadOnlyList<string> known) = await LogFile.ImportAsync(
                    log,
                    SessionsCommand.Tenant(parsed),
                    parsed.GetValue(_file)!,
                    cancellation
                );
                foreach (string id in known)
                {
                    Console.Error.WriteLine($"{id}: is, or was, in the store already");
                }

                Console.Error.WriteLine($"{Counted.Of(added, "session")} added, {known.Count} left out");
                return known.Count == 0 ? ExitCode.Done : ExitCode.Findings;
            },
            begins: true
        );

    private static Task<int> DeleteAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                string tenant = SessionsCommand.Tenant(parsed);
                string[] ids = parsed.GetValue(_sessions) ?? [];
                string? user = parsed.GetValue(_user);
                if (ids.Length == 0 && user is null)
                {
                    throw new MttException("nothing is named", "Name sessions: mtt sessions delete ID.");
                }

                SessionKey[] sessions = [.. ids.Select(id => new SessionKey(tenant, id))];
                SessionKey? erasedBefore = await RequireAsync(log, sessions, cancellation);
                SessionService service = new(log);
                int erased = user is null ? 0 : await service.DeleteUserAsync(tenant, user, cancellation);
                erased += await service.DeleteAsync(sessions, cancellation);
                if (erasedBefore is { } gone)
                {
                    throw new SessionNotFoundException(gone.Id);
                }

                Console.Error.WriteLine($"{Counted.Of(erased, "session")} erased");
                return ExitCode.Done;
            }
        );

    /// <summary>Refuses all where one was never there, in place of erasing only some.</summary>
    /// <returns>The first that was erased before; it is erased again, for a hot tier may have been away then.</returns>
    private static async Task<SessionKey?> RequireAsync(
        SessionLog log,
        SessionKey[] sessions,
        CancellationToken cancellation
    )
    {
        SessionKey? erasedBefore = null;
        foreach (SessionKey session in sessions)
        {
            SessionRead read =
                await log.Store.ReadAsync(session, long.MaxValue, cancellation: cancellation)
                ?? throw new SessionNotFoundException(session.Id);
            if (read.Header.IsDeleted)
            {
                erasedBefore ??= session;
            }
        }

        return erasedBefore;
    }

    private static Task<int> CollectAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                double? days = parsed.GetValue(_olderThan) ?? SessionsCommand.Section(parsed).Store.Ttl;
                SessionService service = new(log);
                int erased = 0;
                if (days is { } age)
                {
                    erased = await service.ExpireAsync(TimeSpan.FromDays(age), cancellation);
                }
                else
                {
                    await log.Store.CompactAsync(cancellation);
                }

                Console.Error.WriteLine($"{Counted.Of(erased, "session")} erased");
                return ExitCode.Done;
            }
        );

    private static Task<int> BackUpAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                await log.Store.BackUpAsync(parsed.GetValue(_output)!, cancellation);
                return ExitCode.Done;
            }
        );

    private static Task<int> MigrateAsync(ParseResult parsed, CancellationToken cancellation) =>
        SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                await using ISessionStore to = SessionStores.Open(
                    SessionsCommand.Section(parsed).Store with
                    {
                        Hot = null,
                    },
                    parsed.GetValue(_to),
                    hot: null,
                    isServer: false
                );
                MigrationCounts counts = await StoreMigration.RunAsync(log.Store, to, cancellation);
                foreach (string id in counts.Differing)
                {
                    Console.Error.WriteLine($"{id}: has another history in {to.Place}, and was left as it is");
                }

                Console.Error.WriteLine(
                    $"{Counted.Of(counts.Copied, "session")} copied to {to.Place}, {counts.Extended} extended, "
                        + $"{counts.Equal} there already, {counts.Erased} erased, {counts.Differing.Count} left out"
                );
                return counts.Differing.Count == 0 ? ExitCode.Done : ExitCode.Findings;
            }
        );

    private static int MakeKey(ParseResult parsed)
    {
        (string key, string hash) = TenantKeys.New();
        Console.Out.WriteLine(key);
        Console.Error.WriteLine("This key is shown once and kept nowhere. In mtt.yaml:");
        Console.Error.WriteLine($"sessions:\n  keys:\n    {Printable.Line(SessionsCommand.Tenant(parsed))}: [{hash}]");
        return ExitCode.Done;
    }
}
