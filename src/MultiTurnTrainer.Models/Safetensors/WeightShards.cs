namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>Writes the weights of a folder anew, each file under its name.</summary>
internal static class WeightShards
{
    /// <summary>Writes the files, and <c>model.safetensors.index.json</c> where there are several.</summary>
    /// <param name="weights">The folder that is read.</param>
    /// <param name="target">The folder to write.</param>
    /// <param name="pieces">What goes in the place of a file's tensors.</param>
    /// <returns>How many tensors were written.</returns>
    public static int Write(
        WeightFolder weights,
        string target,
        Func<SafetensorsFile, IEnumerable<SafetensorsPiece>> pieces
    )
    {
        JsonObject map = [];
        long total = 0;
        foreach (SafetensorsFile file in weights.Files)
        {
            SafetensorsPiece[] own = [.. pieces(file)];
            string name = Path.GetFileName(file.Path);
            SafetensorsWriter.Write(Path.Combine(target, name), own, SafetensorsWriter.PyTorchMetadata, force: false);
            total += own.Sum(piece => piece.Length);
            Array.ForEach(own, piece => map[piece.Name] = name);
        }

        if (weights.Files.Count > 1)
        {
            WriteIndex(target, map, total);
        }

        return map.Count;
    }

    private static void WriteIndex(string folder, JsonObject map, long total)
    {
        JsonObject index = new()
        {
            ["metadata"] = new JsonObject { ["total_size"] = total },
            ["weight_map"] = new JsonObject(
                map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                    .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))
            ),
        };
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(index, JsonText.Indented);
        OutputFile.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), bytes, force: false);
    }
}
