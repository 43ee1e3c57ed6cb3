using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.LibTorch.Tests;

public class TensorTests
{
    [Fact]
    public void Tensor_FromArray_RoundTrips()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor tensor = torch.tensor([1f, 2f, 3f, 4f, 5f, 6f], [2, 3]);
        Assert.Equal([2L, 3L], tensor.shape);
        Assert.Equal([3L, 1L], tensor.stride());
        Assert.Equal(ScalarType.Float32, tensor.dtype);
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], tensor.t().data<float>().ToArray());
        Assert.Equal([1L, 2L], torch.tensor([1L, 2L]).data<long>().ToArray());
        Assert.Equal([true, false], torch.tensor([true, false]).data<bool>().ToArray());
        Assert.Equal(7L, torch.tensor(7L).item<long>());
        Assert.Equal(0.5, torch.tensor(0.5).item<double>());
    }

    [Fact]
    public void Products_OfMatrices_AreRight()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = torch.tensor([1f, 2f, 3f, 4f], [2, 2]);
        Tensor b = torch.tensor([5f, 6f, 7f, 8f], [2, 2]);
        float[] expected = [19, 22, 43, 50];
        Assert.Equal(expected, a.matmul(b).data<float>().ToArray());
        Assert.Equal(expected, a.mm(b).data<float>().ToArray());
        Assert.Equal(expected, einsum("ij,jk->ik", a, b).data<float>().ToArray());
        Assert.Equal(expected, nn.functional.linear(a, b.t()).data<float>().ToArray());
        Assert.Equal(
            [39f, 45f, 87f, 101f],
            a.addmm(a, b, 1, 2).sub(a).add(a.mul(0)).add(torch.ones(2, 2)).data<float>().ToArray()
        );
    }

    [Fact]
    public void Reductions_AndSorting_AreRight()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = torch.tensor([3f, 1f, 2f, 9f, 7f, 8f], [2, 3]);
        Assert.Equal(30f, a.sum().item<float>());
        Assert.Equal([6f, 24f], a.sum(-1).data<float>().ToArray());
        Assert.Equal([2f, 8f], a.mean([1]).data<float>().ToArray());
        (Tensor values, Tensor indexes) = a.topk(2);
        Assert.Equal([3f, 2f, 9f, 8f], values.data<float>().ToArray());
        Assert.Equal([0L, 2L, 0L, 2L], indexes.data<long>().ToArray());
        Assert.Equal([1L, 2L, 0L, 1L, 2L, 0L], a.sort().Indices.data<long>().ToArray());
        Assert.Equal([0L, 0L], a.argmax(1).data<long>().ToArray());
        Assert.Equal([3f, 4f, 6f, 9f, 16f, 24f], a.cumsum(1).data<float>().ToArray());
        Assert.Equal(1f, a.softmax(1)[0].sum().item<float>(), 5);
        Assert.True(a.allclose(a.clone()));
        Assert.False(a.Equals(a + 1));
    }

    [Fact]
    public void Indexing_WithNumbersRangesMasksAndTensors_SelectsAndWrites()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = arange(12, ScalarType.Int64).reshape(3, 4);
        Assert.Equal([4L, 5L, 6L, 7L], a[1].data<long>().ToArray());
        Assert.Equal([5L, 6L], a[1, 1..3].data<long>().ToArray());
        Assert.Equal([3L, 7L, 11L], a[TensorIndex.Ellipsis, -1].data<long>().ToArray());
        Assert.Equal([8L, 9L, 10L, 11L, 0L, 1L, 2L, 3L], a[torch.tensor([2L, 0L])].data<long>().ToArray());
        Assert.Equal([9L, 1L], a[torch.tensor([2L, 0L]), 1].data<long>().ToArray());
        Assert.Equal([10L, 11L], a[a > 9].data<long>().ToArray());
        Assert.Equal([1L, 3, 4], a[TensorIndex.None, TensorIndex.Colon].shape);
        a[0, ..2] = zeros(2, ScalarType.Int64);
        a[a > 9] = torch.tensor(-1L);
        Assert.Equal([0L, 0L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, -1L, -1L], a.data<long>().ToArray());
    }

    [Fact]
    public void Scopes_AtTheirEnd_LeaveNoTensorAlive()
    {
        Warm();
        long before = TorchRuntime.LiveTensors;
        long thread = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Tensor kept;
        using (DisposeScope outer = NewDisposeScope())
        {
            using (DisposeScope inner = NewDisposeScope())
            {
                Tensor x = randn(4, 4, requires_grad: true);
                (x * x).sum().backward();
                Tensor gradient = x.grad!;
                Assert.True(gradient.allclose(2 * x));
                kept = gradient.detach().MoveToOuterDisposeScope();
            }

            Assert.False(kept.IsInvalid);
            Assert.Equal(1, outer.DisposablesCount);
        }

        Assert.True(kept.IsInvalid);
        Assert.ThrowsAny<InvalidOperationException>(() => kept.sum());
        Assert.Equal(before, TorchRuntime.LiveTensors);
        Assert.Equal(thread, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void RandomState_Restored_RepeatsTheNumbers()
    {
        using DisposeScope scope = NewDisposeScope();
        Generator generator = manual_seed(7);
        Tensor first = randn(5);
        Tensor state = generator.get_state();
        Tensor second = randn(5);
        generator.set_state(state);
        Assert.True(second.Equals(randn(5)));
        manual_seed(7);
        Assert.True(first.Equals(randn(5)));
    }

    private static void Warm()
    {
        using DisposeScope scope = NewDisposeScope();
        ones(1).sum();
    }
}
