namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>Writes <c>model.safetensors.index.json</c>.</summary>
internal static class WeightIndex
{
    /// <summary>Writes the file.</summary>
    /// <param name="folder">The folder of the shards.</param>
    /// <param name="map">Each tensor's shard.</param>
    /// <param name="total">Bytes of all tensors.</param>
    public static void Write(string folder, JsonObject map, long total)
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
