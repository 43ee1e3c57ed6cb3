using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The norms of one layer, whatever runs them; null where the family has none.</summary>
/// <typeparam name="TNorm">A norm.</typeparam>
internal sealed class NormModules<TNorm>
    where TNorm : class
{
    public NormModules(ModelConfig config, int layer, Func<string, TNorm> norm)
    {
        BeforeMixer = Find(config.Norms.BeforeMixer);
        AfterMixer = Find(config.Norms.AfterMixer);
        BeforeMlp = Find(config.Norms.BeforeMlp);
        AfterMlp = Find(config.Norms.AfterMlp);

        TNorm? Find(string? name) => name is null ? null : norm($"{ModuleLayout.LayerPath(config, layer)}.{name}");
    }

    public TNorm? BeforeMixer { get; }

    public TNorm? AfterMixer { get; }

    public TNorm? BeforeMlp { get; }

    public TNorm? AfterMlp { get; }
}

/// <summary>The modules of one layer's attention, whatever runs them: operators on tensors, or rows of floats in decoding.</summary>
/// <typeparam name="TLinear">A linear module.</typeparam>
/// <typeparam name="TNorm">A norm.</typeparam>
internal sealed class AttentionModules<TLinear, TNorm>
    where TNorm : class
{
    public AttentionModules(ModelConfig config, int layer, Func<string, TLinear> linear, Func<string, TNorm> norm)
    {
        string path = ModuleLayout.LayerPath(config, layer) + ".self_attn.";
        LayerShape shape = config.Shape(layer);
        bool owns = shape.KeysOf is null;
        string[] names =
            config.FusedQkv ? ["qkv_proj"]
            : !owns ? ["q_proj"]
            : shape.ValuesAreKeys ? ["q_proj", "k_proj"]
            : ["q_proj", "k_proj", "v_proj"];
        Qkv = [.. names.Select(name => linear(path + name))];
        bool normed = config.QueryKeyNorm != Configuration.QueryKeyNorm.None;
        QueryNorm = normed ? norm(path + "q_norm") : null;
        KeyNorm = normed && owns ? norm(path + "k_norm") : null;
        Output = linear(path + "o_proj");
    }

    /// <summary>Query, key and value, or fewer; one where the family fuses them.</summary>
    public TLinear[] Qkv { get; }

    public TNorm? QueryNorm { get; }

    public TNorm? KeyNorm { get; }

    public TLinear Output { get; }
}

/// <summary>The modules of a dense feed-forward network, whatever runs them.</summary>
/// <typeparam name="TLinear">A linear module.</typeparam>
internal sealed class MlpModules<TLinear>
{
    public MlpModules(ModelConfig config, MlpPaths paths, int layer, Func<string, TLinear> linear)
    {
        string block = ModuleLayout.LayerPath(config, layer) + ".";
        GateUp = [.. paths.GateUp.Select(path => linear(block + path))];
        Down = linear(block + paths.Down);
    }

    /// <summary>Gate and up; one where the family fuses them.</summary>
    public TLinear[] GateUp { get; }

    public TLinear Down { get; }
}
