// Folder Local: models in a folder: chats, dialogues, scores, generations.
// Refuses to know: commands, options of the command line.
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Families;

namespace MultiTurnTrainer.Inference.Local;

/// <summary>Which model runs, where and in which type.</summary>
/// <param name="Folder">The model's folder.</param>
public sealed record LocalModelOptions(string Folder)
{
    /// <summary>The adapter's folder; null for the base alone.</summary>
    public string? Adapter { get; init; }

    /// <summary><c>float32</c> or <c>bfloat16</c>; null for float32 on a CPU and the stored type on CUDA.</summary>
    public string? Type { get; init; }

    /// <summary><c>cpu</c> or <c>cuda</c>; null for CUDA where there is one.</summary>
    public string? Device { get; init; }

    /// <summary>How conversations are rendered and become rows.</summary>
    public RowOptions Rows { get; init; } = new();
}

/// <summary>A model folder in memory, with its adapter.</summary>
public sealed class LocalModel : IDisposable
{
    private readonly LoraAdapter? _adapter;

    private LocalModel(CausalLM model, LoraAdapter? adapter)
    {
        Model = model;
        _adapter = adapter;
    }

    /// <summary>The base.</summary>
    public CausalLM Model { get; }

    /// <summary>Laid over the base; null for the base alone.</summary>
    public Adapter? Adapter => _adapter;

    /// <summary>Loads the folders.</summary>
    /// <exception cref="MttException">A folder cannot be read, or the machine lacks the device.</exception>
    public static LocalModel Load(LocalModelOptions options)
    {
        torch.Device device = ComputeDevice.Find(options.Device);
        torch.ScalarType type = ReadType(options.Type, options.Folder, device);
        CausalLM model = FrugalLoading.Run(() => LoraAdapter.LoadBase(options.Folder, options.Adapter, type, device));
        return new LocalModel(model, options.Adapter is { } folder ? LoraAdapter.Load(model, folder) : null);
    }

    /// <summary>Loads the folders for a run that does nothing else, and holds as little beside the weights as it can.</summary>
    /// <exception cref="MttException">A folder cannot be read, or the machine lacks the device.</exception>
    public static LocalModel LoadAlone(LocalModelOptions options)
    {
        LocalModel loaded = Load(options);
        NativeEnvironment.ReturnFreedMemory();
        return loaded;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adapter?.Dispose();
        Model.Dispose();
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
