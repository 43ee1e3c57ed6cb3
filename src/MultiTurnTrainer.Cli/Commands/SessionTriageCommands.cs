using MultiTurnTrainer.Sessions.Statistics;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt sessions top</c>, <c>stats</c> and <c>mark</c>: what happens in sessions, in numbers.</summary>
internal static class SessionTriageCommands
{
    private const string _topHelp = """
        List the sessions that are largest, grew fastest, lost or failed most. An exclamation mark is far out of what the others have.

        Examples:
          mtt sessions top
          mtt sessions top --by growth --limit 5 --since 7
          mtt sessions top --by copies --format json
        """;

    private const string _statsHelp = """
        Tell an outlier from a shift of all sessions: sizes of the earlier and the later half, which policy step cleared what, which facts
        prompts still held by the turns since they were said, and how often answers said a value again that the user had corrected.

        Examples:
          mtt sessions stats
          mtt sessions stats --split 2026-05-01           before and after a release
          mtt sessions stats --model model --since 30     prompts planned with the tokenizer that counted them
          mtt sessions stats --from log.jsonl --format json --output stats.json
          mtt sessions stats --artefacts judged.jsonl --endpoint http://localhost:8000/v1     the judge of the policy's tone is asked
        """;

    private static readonly Dictionary<string, Func<SessionFigures, double>> _orders = new(StringComparer.Ordinal)
    {
        ["size"] = session => session.Size,
        ["growth"] = session => session.Growth,
        ["turns"] = session => session.Turns,
        ["tokens"] = session => session.Tokens,
        ["cleared"] = session => session.Cleared,
        ["interrupted"] = session => session.Interrupted,
        ["redone"] = session => session.Redone,
        ["trips"] = session => session.Trips,
        ["copies"] = session => session.Copies,
        ["drift"] = session => session.Drift,
    };

    private static readonly Option<string> _by = CommonOptions.Choice(
        "--by",
        "What sessions are sorted by.",
        "size",
        [.. _orders.Keys]
    );

    private static readonly Option<int> _limit = CommonOptions.Number("--limit", "The most sessions.", 10);

    private static readonly Option<double?> _since = new Option<double?>("--since")
    {
        Description = "Only sessions that something happened to in the last so many days.",
        HelpName = "DAYS",
    }.Between(0, 36_500);

    private static readonly Option<DateTimeOffset?> _split = new("--split")
    {
        Description = "Compare sessions begun before and after this moment; default: the earlier and the later half.",
        HelpName = "DATE",
    };

    private static readonly Option<string?> _from = new("--from")
    {
        Description = "Take the sessions from what mtt sessions export --log wrote.",
        HelpName = "FILE",
    };

    private static readonly SessionFiguresRun _figures = new();

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the result is written.",
        "text",
        "text",
        "json"
    );

    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly Argument<string> _session = new("ID") { Description = "The session." };

    private static readonly Argument<string> _outcome = new("OUTCOME")
    {
        Description = "A word of small letters, such as resolved, escalated or abandoned.",
    };

    public static IEnumerable<Command> Create()
    {
        Command top = new("top", _topHelp) { _by, _limit };
        top.SetAction((parsed, cancellation) => RunAsync(parsed, sessions => Top(parsed, sessions), cancellation));
        Command stats = new("stats", _statsHelp) { _split };
        stats.SetAction((parsed, cancellation) => RunAsync(parsed, sessions => Stats(parsed, sessions), cancellation));
        foreach (Command command in (Command[])[top, stats])
        {
            foreach (Option option in (Option[])[_since, _from, _format, _output, _force])
            {
                command.Add(option);
            }

            _figures.AddTo(command);
        }

        Command mark = new("mark", "Note how a session ended: stats and /metrics count it.") { _session, _outcome };
        mark.SetAction(MarkAsync);
        return [top, stats, mark];
    }

    private static async Task<int> RunAsync(
        ParseResult parsed,
        Func<IReadOnlyList<SessionFigures>, string> write,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<SessionFigures> sessions = [];
        if (parsed.GetValue(_from) is { } path)
        {
            sessions = await _figures.MeasureAsync(parsed, () => FromFile(parsed, path), cancellation);
        }
        else
        {
            await SessionsCommand.WithLogAsync(
                parsed,
                async log =>
                {
                    sessions = await _figures.MeasureAsync(
                        parsed,
                        () => FromStoreAsync(parsed, log, cancellation),
                        cancellation
                    );
                    return ExitCode.Done;
                }
            );
        }

        ResultOutput.Write(write(sessions), parsed.GetValue(_output), parsed.GetValue(_force));
        int unknown = sessions.Count(session => session.NotPlanned is not null);
        if (unknown > 0)
        {
            string why = sessions.First(session => session.NotPlanned is not null).NotPlanned!;
            Console.Error.WriteLine(
                Printable.Of($"prompts of {Counted.Of(unknown, "session")} could not be planned again: {why}")
            );
        }

        return ExitCode.Done;
    }

    private static IAsyncEnumerable<LoggedSession> FromFile(ParseResult parsed, string path) =>
        LogFile
            .Read(path)
            .Where(session => IsRecent(parsed, session.Events[^1].At))
            .Select(session => new LoggedSession(session.Id, session.Events))
            .ToAsyncEnumerable();

    private static async IAsyncEnumerable<LoggedSession> FromStoreAsync(
        ParseResult parsed,
        SessionLog log,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        SessionQuery query = new() { Tenant = SessionsCommand.Tenant(parsed) };
        await foreach (SessionHeader header in new SessionService(log).ListAsync(query, cancellation))
        {
            if (IsRecent(parsed, header.UpdatedAt))
            {
                yield return new LoggedSession(header.Id, await log.EventsAsync(header.Key, 0, cancellation));
            }
        }
    }

    private static bool IsRecent(ParseResult parsed, DateTimeOffset at) =>
        parsed.GetValue(_since) is not { } days || TimeProvider.System.GetUtcNow() - at <= TimeSpan.FromDays(days);

    private static string Top(ParseResult parsed, IReadOnlyList<SessionFigures> sessions)
    {
        SessionFigures[] top =
        [
            .. sessions
                .OrderByDescending(_orders[parsed.GetValue(_by)!])
                .ThenBy(session => session.Id, StringComparer.Ordinal)
                .Take(parsed.GetValue(_limit)),
        ];
        HashSet<string> farOut = [.. new SessionCohort(sessions).FarOut.Select(session => session.Id)];
        return parsed.GetValue(_format) == "json"
            ? JsonText.Page(
                new JsonFields
                {
                    ["sessions"] = sessions.Count,
                    ["top"] = top.Select(session => SessionTriageText.Json(session, farOut.Contains(session.Id))),
                }
            )
            : SessionTriageText.Top(top, farOut, sessions.Count);
    }

    private static string Stats(ParseResult parsed, IReadOnlyList<SessionFigures> sessions)
    {
        SessionCohort all = new(sessions);
        CohortShift shift = CohortShift.Of(sessions, parsed.GetValue(_split));
        return parsed.GetValue(_format) == "json"
            ? JsonText.Page(SessionTriageText.Json(all, shift))
            : SessionTriageText.Stats(all, shift);
    }

    private static Task<int> MarkAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string outcome = parsed.GetValue(_outcome)!;
        if (!SessionService.IsOutcome(outcome))
        {
            throw new MttException(
                Printable.Of($"{outcome}: is no word of small letters, digits and underscores"),
                "Say resolved, escalated, abandoned, or a word of your own."
            );
        }

        return SessionsCommand.WithLogAsync(
            parsed,
            async log =>
            {
                SessionKey session = new(SessionsCommand.Tenant(parsed), parsed.GetValue(_session)!);
                await new SessionService(log).MarkAsync(session, outcome, cancellation);
                return ExitCode.Done;
            }
        );
    }
}
