using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The options of every command that runs a model.</summary>
internal sealed class ModelOptions
{
    /// <summary>What running a model needs of its folder.</summary>
    public const string Needs = "Model folder: config.json, safetensors weights, tokenizer.json.";

    private readonly Option<string?> _model = CommonOptions.ModelFolder(Needs);
    private readonly Option<string?> _adapter = CommonOptions.Adapter();

    private readonly RowFlags _rows;

    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "The compute type; default: float32 on a CPU, the stored type on CUDA.",
        HelpName = "float32|bfloat16",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where to compute; default: cuda where there is one.",
        HelpName = "cpu|cuda|cuda:N",
    };

    /// <summary>The options.</summary>
    /// <param name="use">What the command does with conversations.</param>
    /// <param name="needed">Whether the command runs a model every time.</param>
    /// <param name="settings">The command's own options for settings, which it adds itself; null where it has none.</param>
    public ModelOptions(RowUse use = RowUse.Rendering, bool needed = true, SettingsOptions? settings = null)
    {
        _rows = new RowFlags(use, settings);
        _model.Required = needed;
    }

    public void AddTo(Command command)
    {
        _rows.AddTo(command);
        command.Options.Add(_model);
        command.Options.Add(_adapter);
        command.Options.Add(_type);
        command.Options.Add(_device);
    }

    /// <summary>What was given as the model: a folder, a name on the hub, or a name on an endpoint; null for none.</summary>
    public string? NameIn(ParseResult parsed) => parsed.GetValue(_model);

    /// <summary>How conversations are rendered.</summary>
    public RowOptions ReadRows(ParseResult parsed, SettingsFile file) => _rows.Read(parsed, file);

    /// <summary>The values given.</summary>
    public LocalModelOptions Read(ParseResult parsed) => Read(parsed, _rows.Read(parsed));

    /// <summary>The values given, over settings that are loaded.</summary>
    public LocalModelOptions Read(ParseResult parsed, SettingsFile file) => Read(parsed, _rows.Read(parsed, file));

    private LocalModelOptions Read(ParseResult parsed, RowOptions rows) =>
        new(
            RemoteInputs.Folder(
                parsed.GetValue(_model) ?? throw new MttException("no model", "Name its folder: --model DIR."),
                ModelNeed.Weights
            )
        )
        {
            Adapter = RemoteInputs.Folder(parsed.GetValue(_adapter), ModelNeed.Adapter),
            Type = parsed.GetValue(_type),
            Device = parsed.GetValue(_device),
            Rows = rows,
        };
}
