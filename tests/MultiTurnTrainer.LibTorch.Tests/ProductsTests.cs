using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.LibTorch.Tests;

public class ProductsTests
{
    [Theory]
    [InlineData("Float32", 33, 7, 19)]
    [InlineData("Float32", 1, 5, 1)]
    [InlineData("Float32", 4, 1, 3)]
    [InlineData("BFloat16", 33, 7, 19)]
    [InlineData("BFloat16", 1, 64, 1)]
    [InlineData("Float32", 530, 9, 1027)]
    [InlineData("BFloat16", 1027, 9, 530)]
    public void Add_FactorsPlainTransposedAndSliced_EqualsTheExactProduct(string type, int rows, int inner, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        ScalarType element = Enum.Parse<ScalarType>(type);
        Tensor[] lefts =
        [
            randn(rows, inner).to(element),
            randn(inner, rows).to(element).t(),
            randn(rows, inner + 3).to(element).narrow(1, 2, inner),
            randn([rows, inner, 2]).to(element).select(2, 1),
        ];
        Tensor[] rights =
        [
            randn(inner, columns).to(element),
            randn(columns, inner).to(element).t(),
            randn(columns + 2, inner).to(element).narrow(0, 1, columns).t(),
        ];
        foreach (Tensor left in lefts)
        {
            foreach (Tensor right in rights)
            {
                Tensor exact = left.to(float64).mm(right.to(float64));
                Tensor wide = randn(rows, columns + 5);
                Tensor sum = wide.narrow(1, 3, columns);
                Tensor before = sum.to(float64);

                Products.Add(sum, left, right, 0.5f, 2);

                Assert.InRange(Largest(sum - (before * 2) - (exact * 0.5)), 0, 1e-4);
                Assert.InRange(Largest(Products.Wide(left, right) - exact), 0, 1e-4);
            }
        }
    }

    [Theory]
    [InlineData("Float32", 16, 24)]
    [InlineData("Float32", 2044, 16)]
    [InlineData("BFloat16", 16, 24)]
    [InlineData("BFloat16", 48, 512)]
    [InlineData("BFloat16", 193, 1)]
    [InlineData("Float32", 600, 1100)]
    [InlineData("BFloat16", 1100, 600)]
    public void Wide_OnOneThreadAndOnSeveral_GivesTheSameBits(string type, int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        int threads = get_num_threads();
        // Few results of a long sum: where a library would share the sum out among threads.
        Tensor left = randn(rows, 4097).to(Enum.Parse<ScalarType>(type));
        Tensor right = randn(4097, columns).to(left.dtype);
        try
        {
            set_num_threads(1);
            float[] one = Products.Wide(left, right).data<float>().ToArray();
            foreach (int several in (int[])[2, 3])
            {
                set_num_threads(several);
                Assert.Equal(one, Products.Wide(left, right).data<float>().ToArray());
            }
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    [Fact]
    public void For_ABodyThatFails_ThrowsItsException()
    {
        AggregateException problem = Assert.Throws<AggregateException>(() =>
            TorchThreads.For(8, piece => throw new InvalidOperationException($"piece {piece}"))
        );
        Assert.IsType<InvalidOperationException>(problem.InnerException);
    }

    [Fact]
    public void For_ManyPieces_RunsEachOnce()
    {
        int[] runs = new int[1000];
        TorchThreads.For(runs.Length, piece => Interlocked.Increment(ref runs[piece]));
        Assert.All(runs, count => Assert.Equal(1, count));
    }

    private static double Largest(Tensor tensor) => tensor.abs().max().item<double>();
}
