using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>TorchSharp has no attention over sequences laid end to end: callers take their own blocks.</summary>
public static class VarlenAttention
{
    /// <summary>Never.</summary>
    public static bool Takes(DeviceType device, torch.ScalarType type, long width) => false;

    /// <summary>Not there: see <see cref="Takes"/>.</summary>
    public static torch.Tensor Forward(
        torch.Tensor query,
        torch.Tensor key,
        torch.Tensor value,
        torch.Tensor starts,
        long longest,
        double scale,
        long? window
    ) => throw new NotSupportedException("TorchSharp has no variable-length attention");
}
