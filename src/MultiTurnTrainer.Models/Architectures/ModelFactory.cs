using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Makes randomly initialised model folders: config.json, generation_config.json, model.safetensors.</summary>
public static class ModelFactory
{
    private const int Block = 1 << 14;
    private const double DefaultDeviation = 0.02;

    /// <summary>
    /// The configuration of a small Llama with a tied head: with a vocabulary of a few thousand, about 2 million
    /// parameters, which train on two CPU cores.
    /// </summary>
    /// <param name="vocabularySize">Rows of the embedding.</param>
    /// <param name="bosTokenId">Begins a sequence; null for none.</param>
    /// <param name="eosTokenIds">End one.</param>
    /// <param name="padTokenId">Fills; null for none.</param>
    public static JsonObject CreateTinyConfig(
        int vocabularySize,
        int? bosTokenId,
        int[] eosTokenIds,
        int? padTokenId
    ) =>
        new()
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = 192,
            ["intermediate_size"] = 512,
            ["num_hidden_layers"] = 4,
            ["num_attention_heads"] = 6,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 32,
            ["hidden_act"] = "silu",
            ["vocab_size"] = vocabularySize,
            ["max_position_embeddings"] = 2048,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
            ["attention_dropout"] = 0.0,
            ["tie_word_embeddings"] = true,
            ["initializer_range"] = 0.02,
            ["bos_token_id"] = bosTokenId,
            ["eos_token_id"] = eosTokenIds is [int only]
                ? only
                : new JsonArray([.. eosTokenIds.Select(id => JsonValue.Create(id))]),
            ["pad_token_id"] = padTokenId,
            ["torch_dtype"] = "float32",
        };

    /// <summary>Writes a folder with random weights of a configuration that stands in a file.</summary>
    /// <exception cref="MttException">The file is no object, or no configuration that mtt can build.</exception>
    public static void WriteFrom(string config, string folder, ulong seed, bool force = false)
    {
        try
        {
            JsonObject read = JsonNode.Parse(InputFile.ReadText(config, "Name a model's config.json."))!.AsObject();
            Write(read, folder, seed, force);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            throw new MttException($"{config}: {problem.Message}", "Give a model's config.json.", problem);
        }
    }

    /// <summary>Writes a model folder.</summary>
    /// <param name="config">What config.json is to say; decides family, sizes and stored type.</param>
    /// <param name="folder">The folder; created.</param>
    /// <param name="seed">Each weight's values follow from this and its name.</param>
    /// <param name="force">Whether files of that name may be replaced.</param>
    /// <exception cref="MttException">The configuration is not one mtt can run, or a file is in the way.</exception>
    public static void Write(JsonObject config, string folder, ulong seed, bool force = false)
    {
        string path = Path.Combine(folder, "config.json");
        byte[] json = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(config, JsonText.Indented);
        using (JsonDocument parsed = JsonDocument.Parse(json))
        {
            if (ModelConfigReader.Read(parsed.RootElement, path).Quantisation is not null)
            {
                throw new MttException(
                    $"{path}: quantization_config: random weights are not quantised",
                    "Take it out of the configuration; mtt train --quantization makes codes while it loads."
                );
            }
        }

        OutputFile.WriteAllBytes(path, json, force);
        OutputFile.WriteAllBytes(Path.Combine(folder, "generation_config.json"), WriteGenerationConfig(config), force);
        WriteWeights(folder, seed, force);
    }

    /// <summary>Writes the random weights that a folder's config.json asks for.</summary>
    /// <param name="folder">Holds config.json.</param>
    /// <param name="seed">Each weight's values follow from this and its name.</param>
    /// <param name="force">Whether weights that are there may be replaced.</param>
    /// <exception cref="MttException">The configuration is not one mtt can run, or a file is in the way.</exception>
    public static void WriteWeights(string folder, ulong seed, bool force = false)
    {
        ModelConfig model = ModelConfigReader.ReadFolder(folder);
        using JsonDocument json = JsonDocument.Parse(InputFile.ReadBytes(Path.Combine(folder, "config.json")));
        double deviation = json.RootElement.TryGetProperty("initializer_range", out JsonElement range)
            ? range.GetDouble()
            : DefaultDeviation;
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            CreatePieces(model, seed, deviation),
            SafetensorsWriter.PyTorchMetadata,
            force
        );
    }

    private static byte[] WriteGenerationConfig(JsonObject config)
    {
        JsonObject generation = new() { ["do_sample"] = false };
        foreach (string name in (string[])["bos_token_id", "eos_token_id", "pad_token_id"])
        {
            if (config[name] is { } id)
            {
                generation[name] = id.DeepClone();
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes<JsonNode>(generation, JsonText.Indented);
    }

    private static IEnumerable<SafetensorsPiece> CreatePieces(ModelConfig config, ulong seed, double deviation)
    {
        foreach (ModuleSpec module in new ModuleLayout(config).Modules)
        {
            if (module.HasBias)
            {
                yield return CreatePiece(module.BiasName, config.StoredType, [module.Out], () => 0);
            }

            if (config.TiedHead && module.Path == ModuleLayout.HeadPath)
            {
                continue;
            }

            if (module.Kind == ModuleKind.Norm || IsFactor(module))
            {
                double one = config.NormAddsOne && module.Kind == ModuleKind.Norm ? 0 : 1;
                yield return CreatePiece(module.WeightName, config.StoredType, module.Shape, () => one);
                continue;
            }

            SeededRandom random = NamedRandom.Create(seed, module.WeightName);
            yield return CreatePiece(
                module.WeightName,
                config.StoredType,
                module.Shape,
                () => random.NextNormal() * deviation
            );
        }
    }

    // What multiplies a whole state or score begins at one.
    private static bool IsFactor(ModuleSpec module) =>
        module.Kind == ModuleKind.Parameter
        && (
            module.Path.EndsWith("scale", StringComparison.Ordinal)
            || module.Path.EndsWith("layer_scalar", StringComparison.Ordinal)
        );

    private static SafetensorsPiece CreatePiece(string name, SafetensorsType type, long[] shape, Func<double> next) =>
        new(name, type, shape, stream => Fill(stream, type, shape.Aggregate(1L, (a, b) => a * b), next));

    private static void Fill(Stream stream, SafetensorsType type, long count, Func<double> next)
    {
        int size = type.Bits() / 8;
        byte[] buffer = new byte[Block * size];
        for (long done = 0; done < count; done += Block)
        {
            int length = (int)Math.Min(Block, count - done);
            for (int i = 0; i < length; i++)
            {
                Encode(buffer.AsSpan(i * size), type, (float)next());
            }

            stream.Write(buffer, 0, length * size);
        }
    }

    private static void Encode(Span<byte> target, SafetensorsType type, float value)
    {
        switch (type)
        {
            case SafetensorsType.F16:
                BinaryPrimitives.WriteHalfLittleEndian(target, (Half)value);
                break;
            case SafetensorsType.BF16:
                uint bits = BitConverter.SingleToUInt32Bits(value);
                BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
                break;
            default:
                BinaryPrimitives.WriteSingleLittleEndian(target, value);
                break;
        }
    }
}
