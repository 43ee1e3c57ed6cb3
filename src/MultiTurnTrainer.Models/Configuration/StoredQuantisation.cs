namespace MultiTurnTrainer.Models.Configuration;

/// <summary>How the files hold quantised weights.</summary>
public enum QuantisationMethod
{
    /// <summary>bitsandbytes' 4 bits, NF4 or FP4.</summary>
    FourBit,

    /// <summary>bitsandbytes' LLM.int8.</summary>
    Int8,

    /// <summary>8-bit floats (e4m3) with a scale a block.</summary>
    Fp8,

    /// <summary>4-bit floats with a power of two a block of 32 (gpt-oss).</summary>
    Mxfp4,
}

/// <summary>What <c>quantization_config</c> says. Which weights are quantised, and how, their tensors say themselves.</summary>
/// <param name="Method">How.</param>
/// <param name="Name">The method as people call it, such as <c>nf4</c>.</param>
/// <param name="BlockRows">Rows of an FP8 block; 0 for one scale a weight.</param>
/// <param name="BlockColumns">Columns of an FP8 block; 0 for one scale a weight.</param>
public sealed record StoredQuantisation(QuantisationMethod Method, string Name, int BlockRows = 0, int BlockColumns = 0)
{
    private const int MostBlock = 1 << 16;

    /// <summary>Reads it of a folder's config.json, whatever the family; null where that has none.</summary>
    /// <exception cref="MttException">The file cannot be read, or what a configuration's reader would refuse in this object.</exception>
    public static StoredQuantisation? ReadFolder(string folder)
    {
        const string remedy = "Name a HuggingFace model folder.";
        InputFile.RequireFolder(folder, remedy);
        string path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            throw new MttException($"{folder}: holds no config.json", remedy);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path, remedy));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Read(new ConfigFields(document.RootElement, path), path)
                : throw new MttException($"{path}: is not a JSON object", "Fetch the file again.");
        }
        catch (JsonException problem)
        {
            throw new MttException($"{path}: not valid JSON ({problem.Message})", "Fetch the file again.", problem);
        }
    }

    /// <summary>Reads the object; null where config.json has none.</summary>
    /// <exception cref="MttException">A method that mtt does not read, or a field that may change what is computed.</exception>
    internal static StoredQuantisation? Read(ConfigFields config, string path)
    {
        if (config.Object("quantization_config") is not { } fields)
        {
            return null;
        }

        string? method = fields.Text("quant_method");
        StoredQuantisation read = method switch
        {
            "bitsandbytes" => ReadBitsAndBytes(fields, path),
            "fp8" => ReadFp8(fields),
            "mxfp4" => ReadMxfp4(fields),
            null => throw fields.Wrong("quant_method", "bitsandbytes, fp8 or mxfp4"),
            "gptq" or "awq" => throw new MttException(
                $"{path}: quantization_config.quant_method: {method} weights are not read",
                $"Dequantise them: `amn remember model.safetensors` (the crate anamnesis, built with its feature {method}); put the file that it writes "
                    + "in the place of the weights, and take quantization_config out of config.json."
            ),
            _ => throw fields.Unsupported("quant_method", "bitsandbytes, fp8, mxfp4"),
        };
        fields.RefuseUnread(method);
        return read;
    }

    private static StoredQuantisation ReadBitsAndBytes(ConfigFields fields, string path)
    {
        // What products are computed in, which modules were left out, what is split off outliers: the tensors or --dtype say it.
        fields.Ignore(
            "bnb_4bit_compute_dtype",
            "bnb_4bit_quant_storage",
            "llm_int8_enable_fp32_cpu_offload",
            "llm_int8_skip_modules",
            "llm_int8_threshold"
        );
        string type = fields.Text("bnb_4bit_quant_type") ?? "fp4";
        _ = fields.Bool("bnb_4bit_use_double_quant", false);
        if (fields.Bool("llm_int8_has_fp16_weight", false))
        {
            throw fields.Unsupported("llm_int8_has_fp16_weight", "false");
        }

        bool four = fields.Bool("load_in_4bit", false) || fields.Bool("_load_in_4bit", false);
        bool eight = fields.Bool("load_in_8bit", false) || fields.Bool("_load_in_8bit", false);
        if (four == eight)
        {
            throw new MttException(
                $"{path}: quantization_config: load_in_4bit and load_in_8bit are {(four ? "both" : "neither")} true",
                "One of them is needed."
            );
        }

        return type is not ("nf4" or "fp4") ? throw fields.Unsupported("bnb_4bit_quant_type", "nf4, fp4")
            : four ? new StoredQuantisation(QuantisationMethod.FourBit, type)
            : new StoredQuantisation(QuantisationMethod.Int8, "int8");
    }

    private static StoredQuantisation ReadFp8(ConfigFields fields)
    {
        // Activations are not quantised here, as transformers' own dequantised weights are not.
        if (fields.Text("activation_scheme") is not (null or "dynamic" or "static"))
        {
            throw fields.Unsupported("activation_scheme", "dynamic, static");
        }

        if (fields.Text("fmt") is not (null or "e4m3"))
        {
            throw fields.Unsupported("fmt", "e4m3");
        }

        fields.Ignore("modules_to_not_convert", "dequantize");
        if (fields.IsNull("weight_block_size"))
        {
            return new StoredQuantisation(QuantisationMethod.Fp8, "fp8");
        }

        double[] block = fields.Has("weight_block_size") ? fields.Doubles("weight_block_size") : [128, 128];
        return block is [>= 1 and <= MostBlock, >= 1 and <= MostBlock] && Array.TrueForAll(block, double.IsInteger)
            ? new StoredQuantisation(QuantisationMethod.Fp8, "fp8", (int)block[0], (int)block[1])
            : throw fields.Wrong("weight_block_size", $"two numbers from 1 to {MostBlock}");
    }

    private static StoredQuantisation ReadMxfp4(ConfigFields fields)
    {
        fields.Ignore("modules_to_not_convert", "dequantize");
        return new StoredQuantisation(QuantisationMethod.Mxfp4, "mxfp4");
    }
}
