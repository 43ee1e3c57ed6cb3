using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>OLMo 3: as OLMo 2; three layers of four have a window, and only the others scale their rotation.</summary>
internal static class Olmo3
{
    private const double Theta = 500_000;

    public static Family Family { get; } =
        new("olmo3")
        {
            NormEpsilon = 1e-5,
            Windows = new LayerWindows { DefaultSize = 4096, Applies = (_, layer) => (layer + 1) % 4 != 0 },
            Ropes = ReadRopes,
            Own = Olmo2.ReadOwn,
        };

    // In the older spelling base and scaling are the full layers': those with a window keep the family's base.
    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        RopeConfig wide = ropes.Read(ropes.Now?.Object(LayerWindows.Full) ?? ropes.Old, Theta);
        RopeConfig local = ropes.Now?.Object(LayerWindows.Sliding) is { } given
            ? ropes.Read(given, Theta)
            : RopeConfigReader.Plain(Theta, wide.Dimensions);
        return ropes.ByWindow(wide, local);
    }
}
