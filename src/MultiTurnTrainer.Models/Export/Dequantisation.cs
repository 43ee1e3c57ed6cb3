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
public sealed record DequantisedModel(int Dequantised, int Copied, string Type, string Method);

/// <summary>
/// Writes a quantised model's folder with numbers in the place of codes: what training on it saw, rounded once to the type of its other
/// weights. Works on files, so that a family that mtt does not run can be dequantised too.
/// </summary>
public static class Dequantisation
{
    private const int CopyBytes = 1 << 24;

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
        string target = Path.GetFullPath(output).TrimEnd(Path.DirectorySeparatorChar);
        using OutputLock held = OutputLock.Take(target);
        RequireFree(folder, target, output, force);
        string temporary = TemporaryName.For(target);
        try
        {
            TemporaryName.RemoveLeftovers(target);
            Directory.CreateDirectory(temporary);
            DequantisedModel report = Write(folder, quantisation, temporary);
            if (Directory.Exists(target))
            {
                Directory.Delete(target, recursive: true);
            }

            Directory.Move(temporary, target);
            return report;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(output, problem);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static void RequireFree(string folder, string target, string output, bool force)
    {
        bool taken = Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
        if (File.Exists(target) || (!force && taken))
        {
            throw new MttException($"{output}: already exists", "Give --force to replace it, or another name.");
        }

        if (target == Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar))
        {
            throw new MttException($"{output}: is the model itself", "Name another folder as the output.");
        }
    }

    private static DequantisedModel Write(string folder, StoredQuantisation quantisation, string target)
    {
        using WeightFolder weights = WeightFolder.Open(folder);
        IReadOnlyDictionary<string, StoredMatrix> matrices = StoredMatrices.Find(weights, quantisation);
        SafetensorsType type = WriteConfig(folder, target);
        HashSet<string> parts = [.. matrices.Values.SelectMany(matrix => matrix.Parts)];
        ILookup<string, string> homes = matrices.ToLookup(pair => HomeOf(weights, pair.Value), pair => pair.Key);
        JsonObject map = [];
        long total = 0;
        foreach (SafetensorsFile file in weights.Files)
        {
            List<SafetensorsPiece> pieces =
            [
                .. file.Entries.Values.Where(entry => !parts.Contains(entry.Name)).Select(entry => Copy(file, entry)),
                .. homes[file.Path].Select(name => Numbers(name, matrices[name], type)),
            ];
            string name = Path.GetFileName(file.Path);
            SafetensorsWriter.Write(
                Path.Combine(target, name),
                pieces,
                SafetensorsWriter.PyTorchMetadata,
                force: false
            );
            total += pieces.Sum(piece => piece.Length);
            pieces.ForEach(piece => map[piece.Name] = name);
        }

        int copied = map.Count - matrices.Count;
        if (weights.Files.Count > 1)
        {
            WeightIndex.Write(target, map, total);
        }

        return new DequantisedModel(matrices.Count, copied, type.Name(), quantisation.Name);
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
        OutputFile.WriteAllBytes(
            path,
            JsonSerializer.SerializeToUtf8Bytes<JsonNode>(config, JsonText.Indented),
            force: true
        );
        return $"{config["dtype"] ?? config["torch_dtype"]}" switch
        {
            "float32" => SafetensorsType.F32,
            "float16" => SafetensorsType.F16,
            _ => SafetensorsType.BF16,
        };
    }

    private static SafetensorsPiece Numbers(string name, StoredMatrix matrix, SafetensorsType type) =>
        new(
            name,
            type,
            matrix.Shape,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor numbers = matrix.ReadNumbers(Tensors.TypeOf(type), CPU);
                Tensors.Piece(name, numbers, type).Write(stream);
            }
        );

    private static SafetensorsPiece Copy(SafetensorsFile file, SafetensorsEntry entry) =>
        new(
            entry.Name,
            entry.Type,
            entry.Shape,
            stream =>
            {
                byte[] block = new byte[Math.Min(CopyBytes, entry.Length)];
                for (long done = 0; done < entry.Length; done += block.Length)
                {
                    Span<byte> part = block.AsSpan(0, (int)Math.Min(block.Length, entry.Length - done));
                    file.Read(entry, done, part);
                    FiniteNumbers.Require(part, file, entry);
                    stream.Write(part);
                }
            }
        );
}
