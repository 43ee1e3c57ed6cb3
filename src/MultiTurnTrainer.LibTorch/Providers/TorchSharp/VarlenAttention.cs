using TorchSharp;
using Optional = MultiTurnTrainer.LibTorch.Providers.StableInterface.Optional;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Flash attention over sequences laid end to end, as libtorch ships it for CUDA; autograd included.</summary>
public static class VarlenAttention
{
    private const long WidestHead = 256;
    private const int Results = 5;

    /// <summary>Whether the machine's kernels take queries: bf16 or half on CUDA, heads of a width they know.</summary>
    public static bool Takes(DeviceType device, torch.ScalarType type, long width) =>
        device == DeviceType.CUDA
        && type is torch.ScalarType.BFloat16 or torch.ScalarType.Float16
        && width % 8 == 0
        && width <= WidestHead;

    /// <summary>Causal attention inside each sequence.</summary>
    /// <param name="query">[tokens, heads, width].</param>
    /// <param name="key">[tokens, key heads, width]; key heads divide heads.</param>
    /// <param name="value">[tokens, key heads, width].</param>
    /// <param name="starts">Where each sequence begins and one past the last token: int32 [sequences + 1] on the device.</param>
    /// <param name="longest">The length of the longest sequence.</param>
    /// <param name="scale">The factor on the scores.</param>
    /// <param name="window">How many keys a query sees, itself included; null for all before it.</param>
    /// <returns>[tokens, heads, width].</returns>
    public static torch.Tensor Forward(
        torch.Tensor query,
        torch.Tensor key,
        torch.Tensor value,
        torch.Tensor starts,
        long longest,
        double scale,
        long? window
    )
    {
        torch.Tensor[] results = StableInterface.Call(
            "aten::_flash_attention_forward",
            "",
            Results,
            query,
            key,
            value,
            new Optional(starts),
            new Optional(starts),
            longest,
            longest,
            0.0,
            true,
            false,
            new Optional(scale),
            new Optional(window - 1),
            new Optional(window is null ? null : 0L),
            new Optional(null),
            new Optional(null)
        );
        foreach (torch.Tensor rest in results.AsSpan(1))
        {
            rest.Dispose();
        }

        return results[0];
    }
}
