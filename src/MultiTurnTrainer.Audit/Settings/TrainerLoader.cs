// Folder Settings: tells whose settings a file holds, and makes that trainer's rule of them.
// Refuses to know: the rules themselves, rows.
using MultiTurnTrainer.Audit.Trainers;
using MultiTurnTrainer.Audit.Trainers.Axolotl;
using MultiTurnTrainer.Audit.Trainers.LlamaFactory;
using MultiTurnTrainer.Audit.Trainers.Swift;
using MultiTurnTrainer.Audit.Trainers.Trl;
using MultiTurnTrainer.Audit.Trainers.Unsloth;

namespace MultiTurnTrainer.Audit.Settings;

/// <summary>Settings of a trainer, read.</summary>
/// <param name="Kind">Whose they are.</param>
/// <param name="Data">The data files that they name.</param>
/// <param name="Model">The model that they name, or null.</param>
/// <param name="Unknown">Keys that may change what is trained and are not known, as <c>FILE:LINE: key</c>.</param>
/// <param name="Create">Makes the trainer for a model.</param>
internal sealed record LoadedTrainer(
    TrainerKind Kind,
    IReadOnlyList<string> Data,
    string? Model,
    IReadOnlyList<string> Unknown,
    Func<RowModel, string, ITrainer> Create
);

/// <summary>Reads a trainer's settings, and tells by their keys whose they are.</summary>
internal static class TrainerLoader
{
    private static readonly (TrainerKind Kind, IReadOnlyList<string> Signs)[] _signs =
    [
        (TrainerKind.Unsloth, UnslothSettings.Signs),
        (TrainerKind.Trl, TrlSettings.Signs),
        (TrainerKind.LlamaFactory, LlamaFactorySettings.Signs),
        (TrainerKind.Axolotl, AxolotlSettings.Signs),
        (TrainerKind.Swift, SwiftSettings.Signs),
    ];

    /// <summary>Reads settings.</summary>
    /// <param name="path">The file.</param>
    /// <param name="kind">Whose they are; null tells by their keys.</param>
    /// <exception cref="MttException">They are nobody's, or name a rule that is not written down.</exception>
    public static LoadedTrainer Load(string path, TrainerKind? kind)
    {
        TrainerConfig config = TrainerConfig.Load(path);
        TrainerKind own = kind ?? Recognize(config);
        string? model = new[] { "base_model", "model_name_or_path", "model" }
            .Select(name => config.Names.Contains(name) ? RowTree.Text(config.Take(name)) : null)
            .FirstOrDefault(name => name is not null);
        (IReadOnlyList<string> data, Func<RowModel, string, ITrainer> create) = own switch
        {
            TrainerKind.Trl => Trl(config),
            TrainerKind.LlamaFactory => LlamaFactory(config),
            TrainerKind.Axolotl => Axolotl(config),
            TrainerKind.Swift => Swift(config),
            _ => Unsloth(config),
        };
        config.Ignore(TrainingKeys.Harmless);
        return new LoadedTrainer(own, data, model, config.Unknown(), create);
    }

    private static TrainerKind Recognize(TrainerConfig config)
    {
        HashSet<string> names = [.. config.Names];
        (TrainerKind kind, int count) = _signs
            .Select(entry => (entry.Kind, entry.Signs.Count(names.Contains)))
            .MaxBy(entry => entry.Item2);
        return count > 0
            ? kind
            : throw new MttException(
                $"{config.Path}: these are the settings of no trainer that mtt knows",
                "Name it: --trainer trl, llamafactory, swift, axolotl or unsloth."
            );
    }

    private static (IReadOnlyList<string>, Func<RowModel, string, ITrainer>) Trl(TrainerConfig config)
    {
        TrlSettings settings = TrlSettings.Read(config);
        return ([], (model, folder) => new TrlTrainer(new TrainerModel(model, folder), settings));
    }

    private static (IReadOnlyList<string>, Func<RowModel, string, ITrainer>) Unsloth(TrainerConfig config)
    {
        UnslothSettings settings = UnslothSettings.Read(config);
        return ([], (model, folder) => new UnslothTrainer(new TrainerModel(model, folder), settings));
    }

    private static (IReadOnlyList<string>, Func<RowModel, string, ITrainer>) LlamaFactory(TrainerConfig config)
    {
        LlamaFactorySettings settings = LlamaFactorySettings.Read(config);
        IReadOnlyDictionary<string, FactoryTemplate> known = FactoryTemplates.Known;
        if (settings.Template is { } name && !known.ContainsKey(name))
        {
            throw config.Unsupported(
                "template",
                $"{name} is a template that is not written down here",
                $"Known are {string.Join(", ", known.Keys)}; or audit the prepared rows: mtt audit ROWS."
            );
        }

        if (settings.ToolFormat is { } format && !FactoryTools.Formats.Contains(format))
        {
            throw config.Unsupported(
                "tool_format",
                $"{format} is not written down here",
                "Audit the prepared rows: mtt audit ROWS."
            );
        }

        return (
            settings.Data,
            (model, folder) =>
            {
                TrainerModel seen = new(model, folder);
                FactoryTemplate template = settings.Template is { } given ? known[given] : ParsedTemplate.Of(seen);
                return new LlamaFactoryTrainer(seen, template, settings);
            }
        );
    }

    private static (IReadOnlyList<string>, Func<RowModel, string, ITrainer>) Axolotl(TrainerConfig config)
    {
        AxolotlSettings settings = AxolotlSettings.Read(config);
        ChatTemplate? template = settings.Template is null ? null : ChatTemplate.Parse(settings.Template);
        return (
            [.. settings.Data.Select(config.Beside)],
            (model, folder) => new AxolotlTrainer(new TrainerModel(model, folder), settings, template)
        );
    }

    private static (IReadOnlyList<string>, Func<RowModel, string, ITrainer>) Swift(TrainerConfig config)
    {
        SwiftSettings settings = SwiftSettings.Read(config);
        if (!SwiftTemplate.All.TryGetValue(settings.Template, out SwiftTemplate? template))
        {
            throw config.Unsupported(
                "template",
                $"{settings.Template} is a template that is not written down here",
                $"Known are {string.Join(", ", SwiftTemplate.All.Keys)}; or audit the prepared rows: mtt audit ROWS."
            );
        }

        if (settings.AgentTemplate is { } agent && SwiftAgent.Of(agent, template) is null)
        {
            throw config.Unsupported(
                "agent_template",
                $"{agent} is not written down here",
                "Audit the prepared rows: mtt audit ROWS."
            );
        }

        return (
            [.. settings.Data.Select(config.Beside)],
            (model, folder) => new SwiftTrainer(new TrainerModel(model, folder), settings, template)
        );
    }
}
