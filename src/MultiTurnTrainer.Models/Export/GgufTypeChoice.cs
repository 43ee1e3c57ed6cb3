using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Export;

/// <summary>Which type a matrix gets in a file of a type, as llama.cpp's own quantiser chooses.</summary>
internal static class GgufTypeChoice
{
    /// <summary>The type.</summary>
    /// <param name="fileType">The file's.</param>
    /// <param name="config">The model.</param>
    /// <param name="module">A module with a matrix.</param>
    /// <param name="name">llama.cpp's name of it.</param>
    public static GgufType Of(GgufFileType fileType, ModelConfig config, ModuleSpec module, string name)
    {
        // A tied table is the head too.
        bool head = name == "output" || (config.TiedHead && name == "token_embd");
        GgufType wanted = fileType switch
        {
            GgufFileType.F32 => GgufType.F32,
            GgufFileType.F16 => GgufType.F16,
            GgufFileType.BF16 => GgufType.BF16,
            GgufFileType.Q8_0 => GgufType.Q8_0,
            GgufFileType.Q4_0 => head ? GgufType.Q6_K : GgufType.Q4_0,
            _ => head || NeedsMore(config, name) ? GgufType.Q6_K : GgufType.Q4_K,
        };
        return Fit(wanted, module.In);
    }

    // Values and the way down, in the first and last eighth of the layers and in every third between.
    private static bool NeedsMore(ModelConfig config, string name)
    {
        string[] parts = name.Split('.');
        if (parts is not ["blk", string number, "attn_v" or "ffn_down"])
        {
            return false;
        }

        int layer = int.Parse(number, CultureInfo.InvariantCulture);
        int eighth = config.Layers / 8;
        return layer < eighth || layer >= 7 * config.Layers / 8 || (layer - eighth) % 3 == 2;
    }

    private static GgufType Fit(GgufType type, int columns) =>
        columns % type.BlockValues() == 0 ? type
        : columns % 32 != 0 ? GgufType.F16
        : type switch
        {
            GgufType.Q4_K => GgufType.Q5_0,
            GgufType.Q6_K => GgufType.Q8_0,
            _ => GgufType.F16,
        };
}
