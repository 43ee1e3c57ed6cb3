using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

public class DoraTests
{
    [Fact]
    public void Norms_OfASmallMatrix_AreThoseByHand()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = Tensors.From([1, 2, 3, 4, 5, 6], [3, 2], ScalarType.Float32, CPU);
        Tensor one = Tensors.From([1, 0], [1, 2], ScalarType.Float32, CPU);
        Tensor ones = Tensors.From([1, 1, 1], [3, 1], ScalarType.Float32, CPU);

        // W + 2·B·A adds 2 to the first column.
        float[] rows = Tensors.ToArray(Dora.RowNorm(weight, new LoraLayer(one, ones, null, 2)));
        Assert.Equal([13, 41, 85], rows.Select(norm => Math.Round(norm * norm, 3)));

        // An embedding's pair lies the other way: A [rank, vocabulary], B [hidden, rank].
        float[] columns = Tensors.ToArray(Dora.ColumnNorm(weight, new LoraLayer(ones.t(), one.t(), null, 2)));
        Assert.Equal([9 + 25 + 49, 4 + 16 + 36], columns.Select(norm => Math.Round(norm * norm, 3)));
    }
}
