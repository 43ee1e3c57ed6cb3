using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>SmolLM3: as Llama, every fourth layer without positions.</summary>
internal static class SmolLM3
{
    private const double Theta = 2_000_000;

    public static Family Family { get; } =
        new("smollm3")
        {
            Positions = 32_768,
            TiesHead = true,
            Windows = new LayerWindows { IsOptional = true, Applies = (fields, layer) => !Rotates(fields, layer) },
            Ropes = ReadRopes,
            Own = Llama.ReadBiases,
        };

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        const string list = "no_rope_layers";
        if (ropes.Fields.Has(list) && ropes.Fields.Doubles(list).Length < ropes.Windows.Count)
        {
            throw ropes.Fields.Wrong(list, $"a list of {ropes.Windows.Count}");
        }

        return [.. ropes.Alike(Theta).Select((rope, layer) => Rotates(ropes.Fields, layer) ? rope : null)];
    }

    // The list says 1 where a layer rotates.
    private static bool Rotates(ConfigFields fields, int layer)
    {
        int interval = fields.Positive("no_rope_layer_interval", 4);
        double[]? given = fields.Has("no_rope_layers") ? fields.Doubles("no_rope_layers") : null;
        return given is null ? (layer + 1) % interval != 0 : layer < given.Length && given[layer] != 0;
    }
}
