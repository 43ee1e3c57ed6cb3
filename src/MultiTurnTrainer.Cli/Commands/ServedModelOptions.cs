using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The options of the commands that serve a model to people: which model, under which policy.</summary>
internal sealed class ServedModelOptions
{
    private const string StandardPolicy = "default";

    private readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Model folder: it answers, or beside --endpoint it counts tokens."
    );
    private readonly Option<string?> _adapter = CommonOptions.Adapter();
    private readonly Option<string[]> _endpoints = CommonOptions.Endpoints();
    private readonly Option<string[]> _names = new("--name")
    {
        Description =
            "The model's name on the endpoint before it; repeatable. Without an endpoint, what clients call the folder.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<string?> _policy = CommonOptions.Policy();
    private readonly Option<int?> _window = new Option<int?>("--window")
    {
        Description = "Tokens the model takes, answer included; default: the policy's, else the model's.",
    }.AtLeast(16);
    private readonly Option<int> _cache = CommonOptions.Number(
        "--cache-mb",
        "Memory for what the model has read of running sessions; 0 keeps nothing.",
        1024,
        least: 0
    );
    private readonly Option<string?> _store = new("--store")
    {
        Description = "Where sessions are kept; default: a file in the user's data folder.",
        HelpName = "sqlite:FILE|postgres://…|memory",
    };
    private readonly Option<string?> _hot = new("--hot")
    {
        Description = "A Redis server that keeps the last turns of sessions before the store.",
        HelpName = "redis://…",
    };
    private readonly SettingsOptions _settings = new();
    private readonly RowFlags _rows;

    public ServedModelOptions() => _rows = new RowFlags(RowUse.Rendering, _settings);

    public void AddTo(Command command)
    {
        foreach (
            Option option in new Option[]
            {
                _model,
                _adapter,
                _endpoints,
                _names,
                _policy,
                _window,
                _cache,
                _store,
                _hot,
            }
        )
        {
            command.Add(option);
        }

        _rows.AddTo(command);
        _settings.AddTo(command);
    }

    /// <summary>The values given.</summary>
    public ServerPlan Read(ParseResult parsed)
    {
        SettingsFile file = _settings.Load(parsed);
        SessionsSettings sessions = file.Section<SessionsSettings>("sessions");
        RowOptions rows = _rows.Read(parsed, file);
        string[] endpoints = parsed.GetValue(_endpoints)!;
        string[] names = parsed.GetValue(_names)!;
        bool isLocal = endpoints.Length == 0;
        string? folder = RemoteInputs.Folder(
            parsed.GetValue(_model),
            isLocal ? ModelNeed.Weights : ModelNeed.Tokenizer
        );
        RowModel? counted = folder is null ? null : RowModel.Load(folder, rows);
        ModelsOptions models = new()
        {
            Local = isLocal && folder is not null ? Local(parsed, folder, rows) : null,
            LocalRows = counted,
            LocalName = names.FirstOrDefault() ?? NameOf(folder),
            CacheBytes = (long)parsed.GetValue(_cache) << 20,
            Endpoints = Pair(endpoints, names),
            Routing = sessions.Routing,
        };
        string? name = parsed.GetValue(_policy) ?? sessions.Policy;
        ContextPolicy policy = file.Policy(name) ?? new ContextPolicy();
        ServedPolicy served = new(name ?? StandardPolicy, policy, counted, parsed.GetValue(_window));
        return new ServerPlan(new ServerOptions(), models, served, Sessions(sessions, parsed))
        {
            Artefacts = ArtefactOptions.Served(policy, file, models.Endpoints),
        };
    }

    /// <summary>Where what is measured can be read: what was given, else the settings.</summary>
    public ObserveOptions Observe(ParseResult parsed, string? otlp, string? metrics)
    {
        ObserveSettings settings = _settings.Load(parsed).Section<SessionsSettings>("sessions").Observe;
        return ObserveOptions.Read(otlp ?? settings.Otlp, metrics ?? settings.Metrics);
    }

    private SessionsOptions Sessions(SessionsSettings settings, ParseResult parsed) =>
        new(SessionStores.Open(settings.Store, parsed.GetValue(_store), parsed.GetValue(_hot), isServer: true))
        {
            Budget = settings.Budgets.ToBudget(),
            Keys = settings.ReadKeys(),
            Ttl = settings.Store.Ttl is { } days ? TimeSpan.FromDays(days) : null,
            Fallbacks = settings.Fallbacks,
            Telemetry = settings.Telemetry,
            CheckpointTokens = settings.StreamingBuffer.Tokens,
            CheckpointMilliseconds = settings.StreamingBuffer.Milliseconds,
        };

    private LocalModelOptions Local(ParseResult parsed, string folder, RowOptions rows) =>
        new(folder) { Adapter = RemoteInputs.Folder(parsed.GetValue(_adapter), ModelNeed.Adapter), Rows = rows };

    private static string NameOf(string? folder) =>
        folder is null ? "model" : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    private static ServedEndpoint[] Pair(string[] endpoints, string[] names)
    {
        if (endpoints.Length > 0 && names.Length != endpoints.Length)
        {
            throw new MttException(
                $"{endpoints.Length} --endpoint and {names.Length} --name: each endpoint has one name",
                "mtt serve --endpoint URL --name NAME, and again for the next."
            );
        }

        return
        [
            .. endpoints.Zip(
                names,
                (url, name) =>
                    new ServedEndpoint(
                        name,
                        new EndpointSettings
                        {
                            BaseUrl = url,
                            Model = name,
                            Stream = true,
                        }
                    )
            ),
        ];
    }
}
