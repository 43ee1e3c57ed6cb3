using System.CommandLine;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The options of every command that runs a model.</summary>
internal sealed class ModelOptions
{
    /// <summary>What running a model needs of its folder.</summary>
    public const string Needs = "Model folder: config.json, safetensors weights, tokenizer.json.";

    private readonly Option<string> _model = CommonOptions.Model(Needs);
    private readonly Option<string?> _adapter = CommonOptions.Adapter();

    private readonly Option<string?> _type = new("--dtype")
    {
        Description = "The compute type; default: float32 on a CPU, the stored type on CUDA.",
        HelpName = "float32|bfloat16",
    };

    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where to compute; default: cuda where there is one.",
        HelpName = "cpu|cuda",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_adapter);
        command.Options.Add(_type);
        command.Options.Add(_device);
    }

    /// <summary>The model's folder.</summary>
    public string Folder(ParseResult parsed) => parsed.GetValue(_model)!;

    /// <summary>The adapter's folder, or null.</summary>
    public string? AdapterFolder(ParseResult parsed) => parsed.GetValue(_adapter);

    /// <summary>Loads the model.</summary>
    public CausalLM Load(ParseResult parsed)
    {
        string folder = Folder(parsed);
        torch.Device device = ReadDevice(parsed.GetValue(_device));
        return CausalLM.Load(folder, ReadType(parsed.GetValue(_type), folder, device), device);
    }

    /// <summary>Loads the adapter over the model, or null where none is named.</summary>
    public LoraAdapter? LoadAdapter(ParseResult parsed, CausalLM model) =>
        AdapterFolder(parsed) is { } folder ? LoraAdapter.Load(model, folder) : null;

    private static torch.Device ReadDevice(string? name)
    {
        switch (name)
        {
            case null:
                return torch.cuda.is_available() ? torch.CUDA : torch.CPU;
            case "cpu":
                return torch.CPU;
            case "cuda" when torch.cuda.is_available():
                return torch.CUDA;
            case "cuda":
                throw new MttException("--device cuda: this machine has none", "Leave --device out; see mtt doctor.");
            default:
                throw new MttException($"--device {name}: is not known", "Give cpu or cuda.");
        }
    }

    private static torch.ScalarType ReadType(string? name, string folder, torch.Device device) =>
        name switch
        {
            "float32" or "fp32" => torch.ScalarType.Float32,
            "bfloat16" or "bf16" => torch.ScalarType.BFloat16,
            null => device.type == DeviceType.CUDA
            && ModelConfigReader.ReadFolder(folder).StoredType != SafetensorsType.F32
                ? torch.ScalarType.BFloat16
                : torch.ScalarType.Float32,
            _ => throw new MttException($"--dtype {name}: is not known", "Give float32 or bfloat16."),
        };
}
