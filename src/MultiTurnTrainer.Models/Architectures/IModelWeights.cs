using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A model's weights in its files, under HuggingFace's names, whatever the format.</summary>
internal interface IModelWeights : IDisposable
{
    /// <summary>Names them in errors.</summary>
    string Place { get; }

    /// <summary>All tensors, those included that no module asks for.</summary>
    IEnumerable<string> Names { get; }

    /// <summary>A tensor's sizes, outermost first; null where there is none.</summary>
    long[]? Shape(string name);

    /// <summary>Reads a tensor into a type and onto a device, outside every dispose scope.</summary>
    Tensor Load(string name, ScalarType type, Device device);

    /// <summary>Opens the weights of a model's folder.</summary>
    static IModelWeights Open(string folder, ModelConfig config)
    {
        string gguf = Path.Combine(folder, CompanionFiles.GgufLink);
        return File.Exists(gguf)
            ? new GgufWeights(GgufFile.Open(gguf), config)
            : new SafetensorsWeights(WeightFolder.Open(folder));
    }
}
