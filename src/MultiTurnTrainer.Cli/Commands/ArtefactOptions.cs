using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Inference.Artefacts;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The options of commands that let models make what a policy asks of them, laid over <c>artefacts:</c> of the settings.</summary>
internal sealed class ArtefactOptions
{
    private const string Section = "artefacts";

    private readonly Option<string?> _file = new("--artefacts")
    {
        Description = "Where what models make for the policy is kept and found again.",
        HelpName = "FILE",
    };
    private readonly Option<string[]> _endpoints = CommonOptions.Endpoints();
    private readonly BudgetOptions _budget = new(Section);

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_endpoints);
        _budget.AddTo(command);
    }

    /// <summary>Names the settings that the options are laid over.</summary>
    public SettingsOptions ShowIn(SettingsOptions settings) => _budget.ShowIn(settings).Shows(_file, $"{Section}.file");

    /// <summary>Whether a file of artefacts is named.</summary>
    public bool HasFile(ParseResult parsed, SettingsFile settings) =>
        (parsed.GetValue(_file) ?? settings.Section<ArtefactSettings>(Section).File) is not null;

    /// <summary>What is on record for some policies, and the models that make the rest where they can be asked.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="policies">The policies.</param>
    /// <param name="standard">The file where none is named; null for none.</param>
    /// <exception cref="MttException">The file or a model cannot be used.</exception>
    public PolicyArtefacts Open(
        ParseResult parsed,
        SettingsFile settings,
        IEnumerable<ContextPolicy> policies,
        string? standard
    )
    {
        ArtefactSettings section = settings.Section<ArtefactSettings>(Section);
        string[] urls = parsed.GetValue(_endpoints) ?? [];
        section = section with
        {
            File = parsed.GetValue(_file) ?? section.File ?? standard,
            Endpoints = urls.Length == 0 ? section.Endpoints : ReviewCommand.Endpoints(urls),
            Budget = _budget.Read(parsed, section.Budget),
        };
        return PolicyArtefacts.Open(section, [.. policies.SelectMany(policy => policy.Models()).Distinct()]);
    }

    /// <summary>What is on record for a policy by the settings alone; null where it asks nothing of models, or no file is named.</summary>
    public static ArtefactFile? Recorded(ContextPolicy? policy, SettingsFile settings) =>
        policy?.Models().Count > 0 && settings.Section<ArtefactSettings>(Section).File is { } file
            ? ArtefactFile.OpenToRead(file)
            : null;

    /// <summary>What makes the artefacts of served sessions; null where the policy asks nothing of models.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="served">The endpoints that answer: one of the name that the policy asks for makes its artefacts too.</param>
    /// <exception cref="MttException">A model cannot be asked.</exception>
    public static ServedArtefacts? Served(
        ContextPolicy policy,
        SettingsFile settings,
        IReadOnlyList<ServedEndpoint> served
    )
    {
        IReadOnlyList<string> models = policy.Models();
        if (models.Count == 0)
        {
            return null;
        }

        ArtefactSettings section = settings.Section<ArtefactSettings>(Section);
        if (section.Endpoints.Count == 0)
        {
            section = section with
            {
                Endpoints = served
                    .Where(endpoint => models.Contains(endpoint.Name))
                    .ToDictionary(endpoint => endpoint.Name, endpoint => endpoint.Settings, StringComparer.Ordinal),
            };
        }

        ArtefactModel model = PolicyArtefacts.Model(section, models);
        ArtefactFile? file = section.File is { } path ? ArtefactFile.OpenToAdd(path) : null;
        return new ServedArtefacts(model, file, file is null ? null : PolicyArtefacts.MakerOf(section, model, file));
    }
}

/// <summary>What models have made for the policies of a run, and what makes the rest.</summary>
internal sealed class PolicyArtefacts : IDisposable
{
    private readonly ArtefactFile? _file;
    private readonly ArtefactModel? _model;
    private readonly ArtefactMaker? _maker;

    private PolicyArtefacts(ArtefactFile? file, ArtefactModel? model, ArtefactMaker? maker) =>
        (_file, _model, _maker) = (file, model, maker);

    /// <summary>Finds what is on record; null where nothing is.</summary>
    public IArtefacts? Found => (IArtefacts?)_maker ?? _file;

    /// <summary>Makes the rest; null where no model can be asked.</summary>
    public IArtefactMaker? Maker => _maker;

    public static PolicyArtefacts Open(ArtefactSettings settings, IReadOnlyList<string> models)
    {
        if (models.Count == 0 || settings.File is not { } path)
        {
            return new PolicyArtefacts(null, null, null);
        }

        // Without a model the record must have everything; what it lacks is named.
        bool canMake = settings.Endpoints.Count > 0 || models.All(Directory.Exists);
        if (!canMake)
        {
            return new PolicyArtefacts(File.Exists(path) ? ArtefactFile.OpenToRead(path) : null, null, null);
        }

        ArtefactModel model = Model(settings, models);
        ArtefactFile file = ArtefactFile.OpenToAdd(path);
        return new PolicyArtefacts(file, model, MakerOf(settings, model, file));
    }

    /// <summary>What makes artefacts for a file; what those in it have cost counts in the budget.</summary>
    public static ArtefactMaker MakerOf(ArtefactSettings settings, ArtefactModel model, ArtefactFile file)
    {
        model.Restore(file.Costs);
        return new ArtefactMaker(model, file, settings.Concurrency);
    }

    /// <summary>The models, behind endpoints or in folders.</summary>
    public static ArtefactModel Model(ArtefactSettings settings, IReadOnlyList<string> models) =>
        new(
            settings,
            models,
            static folder => new LocalChatModel(folder, new RowOptions()),
            Environment.GetEnvironmentVariable,
            TimeProvider.System
        );

    /// <summary>Puts the file in order and says what was made; empty where nothing was asked of models.</summary>
    public string Finish()
    {
        if (_file is null)
        {
            return "";
        }

        _file.Finish();
        return Said();
    }

    /// <summary>What was made so far.</summary>
    public string Said()
    {
        if (_file is null)
        {
            return "";
        }

        string torn =
            _file.TornBytes > 0
                ? Invariant($"; a line of {_file.TornBytes} bytes was cut short by a kill and is left out")
                : "";
        string spent = _model is null ? "" : $"; all of them took {ReviewText.Describe(_model.Spent)}";
        return Printable.Of(
            $"artefacts: {_maker?.Count ?? 0} made, {_file.Count} on record in {_file.Path}{torn}{spent}\n"
        );
    }

    public void Dispose()
    {
        _maker?.Dispose();
        _model?.Dispose();
        _file?.Dispose();
    }
}
