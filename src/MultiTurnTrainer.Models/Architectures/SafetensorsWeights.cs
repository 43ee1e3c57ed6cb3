using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Weights as they stand in a folder's safetensors files.</summary>
internal sealed class SafetensorsWeights(WeightFolder folder) : IModelWeights
{
    public string Place => folder.Folder;

    public IEnumerable<string> Names => folder.Names;

    public long[]? Shape(string name) => folder.TryFind(name, out _, out SafetensorsEntry entry) ? entry.Shape : null;

    public Tensor Load(string name, ScalarType type, Device device)
    {
        folder.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry);
        return Tensors.Load(file, entry, type, device);
    }

    public void Dispose() => folder.Dispose();
}
