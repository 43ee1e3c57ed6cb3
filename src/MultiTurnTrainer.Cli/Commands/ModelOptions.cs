using MultiTurnTrainer.Cli.Remote;

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
    public ModelOptions(RowUse use = RowUse.Rendering, bool needed = true)
    {
        _rows = new RowFlags(use);
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

    /// <summary>The values given.</summary>
    public LocalModelOptions Read(ParseResult parsed) =>
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
            Rows = _rows.Read(parsed),
        };
}
