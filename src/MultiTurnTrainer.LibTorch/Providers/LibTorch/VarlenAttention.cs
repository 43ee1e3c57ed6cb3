using MultiTurnTrainer.LibTorch.Native;
using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Flash attention over sequences laid end to end, as libtorch 2.x ships it for CUDA; autograd included.</summary>
public static class VarlenAttention
{
    private const long WidestHead = 256;

    // The window came with 2.5; its five results were renamed later, their order kept.
    private const string Flash =
        "_flash_attention_forward(query, key, value, cum_seq_q, cum_seq_k, max_q, max_k, dropout_p, is_causal, "
        + "return_debug_mask, scale, window_size_left, window_size_right)";

    /// <summary>Whether the machine's kernels take queries: bf16 or half on CUDA, heads of a width they know.</summary>
    public static bool Takes(DeviceType device, torch.ScalarType type, long width) =>
        device == DeviceType.CUDA
        && type is torch.ScalarType.BFloat16 or torch.ScalarType.Float16
        && width % 8 == 0
        && width <= WidestHead
        && Operator.Exists(Flash);

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
        long? left = window - 1;
        long? right = window is null ? null : 0;
        torch.Tensor?[] results = Operator.CallMany(
            Flash,
            query,
            key,
            value,
            starts,
            starts,
            longest,
            longest,
            0.0,
            true,
            false,
            scale,
            left,
            right
        );
        foreach (torch.Tensor? rest in results.AsSpan(1))
        {
            rest?.Dispose();
        }

        return results[0]!;
    }
}
