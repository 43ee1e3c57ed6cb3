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
    private readonly Dictionary<string, string> _stored;

    private SafetensorsWeights(WeightFolder folder, IReadOnlyDictionary<string, StoredMatrix> quantised)
    {
        _folder = folder;
        _quantised = quantised;
        _stored = folder
            .Names.Except(quantised.Values.SelectMany(matrix => matrix.Parts))
            .Concat(quantised.Keys)
            .ToDictionary(StoredNames.Current, StringComparer.Ordinal);
    }

    public string Place => _folder.Folder;

    public IEnumerable<string> Names => _stored.Keys;

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
        Quantised(name) is { } matrix ? matrix.Shape
        : _stored.TryGetValue(name, out string? stored) && _folder.TryFind(stored, out _, out SafetensorsEntry entry)
            ? entry.Shape
        : null;

    public Tensor Load(string name, ScalarType type, Device device)
    {
        if (Quantised(name) is { } matrix)
        {
            return matrix.ReadNumbers(type, device).DetachFromDisposeScope();
        }

        _folder.TryFind(_stored[name], out SafetensorsFile file, out SafetensorsEntry entry);
        return Tensors.Load(file, entry, type, device);
    }

    public QuantisedMatrix? LoadCodes(string name, Device device) => Quantised(name)?.Read(device);

    public void Dispose() => _folder.Dispose();

    private StoredMatrix? Quantised(string name) => _quantised.GetValueOrDefault(_stored.GetValueOrDefault(name, name));
}
