using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Quantisation;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Weights as they stand in a folder's safetensors files, quantised ones under the name and in the shape that they have as numbers.</summary>
internal sealed class SafetensorsWeights : IModelWeights
{
    private readonly WeightFolder _folder;
    private readonly IReadOnlyDictionary<string, StoredMatrix> _quantised;

    private SafetensorsWeights(WeightFolder folder, IReadOnlyDictionary<string, StoredMatrix> quantised)
    {
        _folder = folder;
        _quantised = quantised;
    }

    public string Place => _folder.Folder;

    public IEnumerable<string> Names =>
        _folder.Names.Except(_quantised.Values.SelectMany(matrix => matrix.Parts)).Concat(_quantised.Keys);

    /// <summary>Opens a folder, and checks what belongs to its quantised weights.</summary>
    public static SafetensorsWeights Open(string path, StoredQuantisation? quantisation)
    {
        WeightFolder folder = WeightFolder.Open(path);
        try
        {
            return new(folder, StoredMatrices.Find(folder, quantisation));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public long[]? Shape(string name) =>
        _quantised.TryGetValue(name, out StoredMatrix? matrix) ? matrix.Shape
        : _folder.TryFind(name, out _, out SafetensorsEntry entry) ? entry.Shape
        : null;

    public Tensor Load(string name, ScalarType type, Device device)
    {
        if (_quantised.TryGetValue(name, out StoredMatrix? matrix))
        {
            return matrix.ReadNumbers(type, device).DetachFromDisposeScope();
        }

        _folder.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry);
        return Tensors.Load(file, entry, type, device);
    }

    public QuantisedMatrix? LoadCodes(string name, Device device) =>
        _quantised.TryGetValue(name, out StoredMatrix? matrix) ? matrix.Read(device) : null;

    public void Dispose() => _folder.Dispose();
}
