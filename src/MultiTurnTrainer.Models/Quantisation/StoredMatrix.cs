// Folder Quantisation: quantised weights as files hold them, one format a file, and the making of 4-bit ones.
// Refuses to know: modules, products, devices' kernels.
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>A quantised weight in a folder, checked but for its numbers.</summary>
/// <param name="Shape">Its shape as numbers.</param>
/// <param name="Parts">The names of its tensors, the one with the codes first.</param>
/// <param name="Read">Reads it onto a device, outside every scope.</param>
/// <param name="Turned">Whether the model multiplies by [i, o] where the codes are [o, i].</param>
internal sealed record StoredMatrix(
    long[] Shape,
    IReadOnlyList<string> Parts,
    Func<Device, QuantisedMatrix> Read,
    bool Turned = false
)
{
    /// <summary>Those of its tensors that say how activations are to be quantised, which is not done here.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];

    /// <summary>Its numbers in the shape that the model has, in the caller's scope.</summary>
    public Tensor ReadNumbers(ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        using QuantisedMatrix codes = Read(device);
        Tensor numbers = codes.Dequantise(type);
        numbers = Turned ? numbers.view(Shape[0], Shape[2], Shape[1]).transpose(1, 2).contiguous() : numbers; // [x o, i] -> [x, i, o]
        return numbers.MoveToOuterDisposeScope();
    }
}

/// <summary>Finds the quantised weights of a folder.</summary>
internal static class StoredMatrices
{
    /// <summary>By the name that a weight has as numbers.</summary>
    /// <exception cref="MttException">A part is missing, of another size or type than the others say, or says what mtt does not know.</exception>
    public static IReadOnlyDictionary<string, StoredMatrix> Find(WeightFolder folder, StoredQuantisation? quantisation)
    {
        Dictionary<string, StoredMatrix> found = new(StringComparer.Ordinal);
        foreach (string name in quantisation is null ? [] : folder.Names)
        {
            (string Name, StoredMatrix Matrix)? matrix = quantisation!.Method switch
            {
                QuantisationMethod.FourBit => FourBitFile.Describe(folder, name),
                QuantisationMethod.Int8 => Int8File.Describe(folder, name),
                QuantisationMethod.Fp8 => Fp8File.Describe(folder, name, quantisation),
                _ => Mxfp4File.Describe(folder, name),
            };
            if (matrix is { } pair && !found.TryAdd(pair.Name, pair.Matrix))
            {
                throw new MttException(
                    $"{folder.Folder}: '{pair.Name}' is quantised twice",
                    "Fetch the weights again."
                );
            }
        }

        return found;
    }
}
