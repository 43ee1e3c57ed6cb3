using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Quantisation;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Export;

/// <summary>What was written.</summary>
/// <param name="Dequantised">Weights that were codes.</param>
/// <param name="Copied">Tensors that were numbers.</param>
/// <param name="Type">What the former are stored in.</param>
/// <param name="Method">What they were.</param>
/// <param name="LeftOut">Tensors that say how activations are quantised, which the numbers do not need.</param>
public sealed record DequantisedModel(
    int Dequantised,
    int Copied,
    string Type,
    string Method,
    IReadOnlyList<string> LeftOut
);

/// <summary>
/// Writes a quantised model's folder with numbers in the place of codes: what training on it saw, rounded once to the type of its other
/// weights. Works on files, so that a family that mtt does not run can be dequantised too.
/// </summary>
public static class Dequantisation
{
    /// <summary>Writes the folder; it appears whole or not at all.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="output">The folder to write.</param>
    /// <param name="force">Whether a non-empty folder may be replaced.</param>
    /// <exception cref="MttException">The model is not quantised, or damaged, or the output is taken.</exception>
    public static DequantisedModel Run(string folder, string output, bool force)
    {
        StoredQuantisation quantisation =
            StoredQuantisation.ReadFolder(folder)
            ?? throw new MttException(
                $"{folder}: is not quantised: config.json has no quantization_config",
                "Use it as it is; --gguf writes another format."
            );

        return WholeFolder.Write(output, force, [folder], target => Write(folder, quantisation, target));
    }

    private static DequantisedModel Write(string folder, StoredQuantisation quantisation, string target)
    {
        using WeightFolder weights = WeightFolder.Open(folder);
        IReadOnlyDictionary<string, StoredMatrix> matrices = StoredMatrices.Find(weights, quantisation);
        SafetensorsType type = WriteConfig(folder, target);
        HashSet<string> parts = [.. matrices.Values.SelectMany(matrix => matrix.Parts)];
        ILookup<string, string> homes = matrices.ToLookup(pair => HomeOf(weights, pair.Value), pair => pair.Key);
        int written = WeightShards.Write(
            weights,
            target,
            file =>
                file.Entries.Values.Where(entry => !parts.Contains(entry.Name))
                    .Select(entry => SafetensorsPiece.Copy(file, entry))
                    .Concat(homes[file.Path].Select(name => Numbers(folder, name, matrices[name], type)))
        );
        return new DequantisedModel(
            matrices.Count,
            written - matrices.Count,
            type.Name(),
            quantisation.Name,
            [.. matrices.Values.SelectMany(matrix => matrix.Unused).Order(StringComparer.Ordinal)]
        );
    }

    private static string HomeOf(WeightFolder weights, StoredMatrix matrix)
    {
        weights.TryFind(matrix.Parts[0], out SafetensorsFile file, out _);
        return file.Path;
    }

    // The type of the weights that are numbers: what the folder's own other weights were trained in.
    private static SafetensorsType WriteConfig(string folder, string target)
    {
        foreach (string name in CompanionFiles.List(folder))
        {
            CompanionFiles.Copy(folder, name, target, force: false);
        }

        string path = Path.Combine(target, "config.json");
        JsonObject config = JsonNode.Parse(InputFile.ReadBytes(path))!.AsObject();
        config.Remove("quantization_config");
        SafetensorsType type = $"{config["dtype"] ?? config["torch_dtype"]}" switch
        {
            "float32" => SafetensorsType.F32,
            "float16" => SafetensorsType.F16,
            _ => SafetensorsType.BF16,
        };
        if (config["dtype"] is null && config["torch_dtype"] is null)
        {
            config["dtype"] = "bfloat16";
        }

        OutputFile.WriteAllBytes(
            path,
            JsonSerializer.SerializeToUtf8Bytes<JsonNode>(config, JsonText.Indented),
            force: true
        );
        return type;
    }

    private static SafetensorsPiece Numbers(string folder, string name, StoredMatrix matrix, SafetensorsType type) =>
        new(
            name,
            type,
            matrix.Shape,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor numbers = matrix.ReadNumbers(Tensors.TypeOf(type), CPU);
                // Codes and scales are finite; what they mean may be beyond 16 bits.
                if (!numbers.isfinite().all().item<bool>())
                {
                    throw new MttException(
                        $"{folder}: '{name}' holds numbers that are too large for {type.Name()}",
                        "Say another dtype in its config.json, such as float32, and dequantise again."
                    );
                }

                Tensors.Piece(name, numbers, type).Write(stream);
            }
        );
}
