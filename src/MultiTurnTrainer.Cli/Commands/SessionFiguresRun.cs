using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Sessions.Evidence;
using MultiTurnTrainer.Sessions.Statistics;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>
/// Measures sessions. Where a file of artefacts is named, the judges of their policies' tone count: what they said is found there, and
/// where they can be asked, they are.
/// </summary>
internal sealed class SessionFiguresRun
{
    private readonly Option<string?> _model = CommonOptions.ModelFolder(
        "The model that answered: its tokenizer and template plan the prompts again; without it they are estimated."
    );

    private readonly Option<int?> _window = new Option<int?>("--window")
    {
        Description = "Tokens the model took, where mtt serve was told.",
    }.AtLeast(16);

    private readonly ArtefactOptions _artefacts = new();

    public void AddTo(Command command)
    {
        command.Add(_model);
        command.Add(_window);
        _artefacts.AddTo(command);
    }

    /// <summary>Measures.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="read">Reads the sessions: twice where their judges count.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="MttException">The file of artefacts or a judge cannot be used.</exception>
    public async Task<IReadOnlyList<SessionFigures>> MeasureAsync(
        ParseResult parsed,
        Func<IAsyncEnumerable<LoggedSession>> read,
        CancellationToken cancellation
    )
    {
        SettingsFile settings = SessionsCommand.LoadSettings(parsed);
        ContextPolicy[] policies = _artefacts.HasFile(parsed, settings) ? await PoliciesAsync(read()) : [];
        using PolicyArtefacts artefacts = _artefacts.Open(parsed, settings, policies, null);
        List<ArtefactRequest> missing = [];
        TurnPrompts prompts = new(Opener(parsed, artefacts.Found)) { Unjudged = missing.Add };
        List<SessionFigures> sessions = [];
        await foreach (LoggedSession session in read())
        {
            missing.Clear();
            SessionFigures figures = SessionMeasure.Of(session.Id, session.Events, prompts);
            if (missing.Count > 0 && artefacts.Maker is { } maker)
            {
                await maker.MakeAsync(missing, cancellation);
                figures = SessionMeasure.Of(session.Id, session.Events, prompts);
            }

            sessions.Add(figures);
        }

        Console.Error.Write(artefacts.Finish());
        return sessions;
    }

    private Func<ContextPolicy, PolicyModel> Opener(ParseResult parsed, IArtefacts? artefacts)
    {
        string? folder = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer);
        RowModel? model = folder is null ? null : RowModel.Load(folder, new RowOptions());
        int? window = parsed.GetValue(_window);
        return policy =>
            model is null
                ? new PolicyModel(policy, static () => new ByteTokenCounter(), window) { Artefacts = artefacts }
                : new PolicyModel(policy, model, window) { Artefacts = artefacts };
    }

    private static async Task<ContextPolicy[]> PoliciesAsync(IAsyncEnumerable<LoggedSession> sessions)
    {
        Dictionary<string, ContextPolicy> policies = new(StringComparer.Ordinal);
        await foreach (LoggedSession session in sessions)
        {
            foreach (PolicyStamp stamp in session.Events.Select(StampOf).OfType<PolicyStamp>())
            {
                try
                {
                    policies.TryAdd(stamp.Fingerprint, TurnPrompts.PolicyOf(stamp));
                }
                catch (MttException)
                {
                    // Its session says so when it is measured.
                }
            }
        }

        return [.. policies.Values];
    }

    private static PolicyStamp? StampOf(LoggedEvent logged) =>
        logged.Event switch
        {
            SessionCreated created => created.Policy,
            PolicyChanged changed => changed.Policy,
            _ => null,
        };
}

/// <summary>A session's log.</summary>
/// <param name="Id">The session.</param>
/// <param name="Events">Its events, from the first.</param>
internal sealed record LoggedSession(string Id, IReadOnlyList<LoggedEvent> Events);
