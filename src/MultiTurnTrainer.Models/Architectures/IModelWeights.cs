using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Kernels.Dequantise;

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

    /// <summary>Reads a tensor into a type and onto a device, outside every dispose scope; a quantised one as numbers.</summary>
    Tensor Load(string name, ScalarType type, Device device);

    /// <summary>Reads a weight that is to stay quantised, outside every dispose scope; null where it is not stored so.</summary>
    QuantisedMatrix? LoadCodes(string name, Device device) => null;

    /// <summary>Opens the weights of a model's folder.</summary>
    static IModelWeights Open(string folder, ModelConfig config)
    {
        string gguf = Path.Combine(folder, CompanionFiles.GgufLink);
        return File.Exists(gguf)
            ? new GgufWeights(GgufFile.Open(gguf), config)
            : SafetensorsWeights.Open(folder, config.Quantisation);
    }
}
