using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>Mistral 7B and Nemo, Mistral Small, Magistral, Devstral: a window on every layer, or none.</summary>
internal static class Mistral
{
    public static Family Family { get; } = new("mistral") { Windows = new LayerWindows { DefaultSize = 4096 } };
}
