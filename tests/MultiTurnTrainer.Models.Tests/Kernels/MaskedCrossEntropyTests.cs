using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Tests.Kernels.Simt;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Runs alone: its inputs come from the process's one generator, from which other tests draw too.</summary>
[Collection(nameof(KernelTimingTests))]
public class MaskedCrossEntropyTests
{
    public static TheoryData<string> Backends => ["composed", "cpu", "simt"];

    [Theory]
    [MemberData(nameof(Backends))]
    public void Run_OnTheGoldensInFloat32_IsWithinTolerance(string backend)
    {
        using DisposeScope scope = NewDisposeScope();
        HeadGolden golden = HeadGolden.Load();
        Tensor weight = golden["W"].to(float32);
        foreach (bool weighted in (bool[])[false, true])
        {
            float[]? weights = weighted ? golden["weights"].data<float>().ToArray() : null;
            HeadTargets targets = HeadTargets.FromAligned(golden.Labels, weights);
            double divisor = weighted ? targets.Weights!.Sum(value => (double)value) : targets.Count;
            using HeadResult result = MaskedCrossEntropy.Run(
                golden["X"],
                targets,
                new FrozenHead(weight),
                1 / divisor,
                new CrossEntropyOptions(Metrics: true),
                Backend(backend),
                chunkRows: 17
            );
            HeadSums sums = result.Read();
            double expected = golden.Number(weighted ? "f32.loss.weighted" : "f32.loss.mean");
            Assert.InRange(Math.Abs((sums.Loss / divisor) - expected) / expected, 0, 1e-6);
            Assert.Equal(golden.Number("supervised"), result.Count);
            // One row has two equal maxima, which rounding may order either way.
            Assert.InRange(sums.Hits, golden.Number("f32.hits"), golden.Number("f32.hits") + 1);
            AssertRows(golden[weighted ? "f32.dX.weighted" : "f32.dX.mean"], result.HiddenGradient!, 1e-4);
            Tensor rows = torch.tensor(Array.ConvertAll(targets.Rows, row => (long)row));
            Assert.True(
                golden["f32.lse"].index_select(0, rows).allclose(result.Statistics![TensorIndex.Colon, 1], 1e-6, 1e-5)
            );
            Assert.True(
                golden["f32.entropy"]
                    .index_select(0, rows)
                    .allclose(result.Statistics[TensorIndex.Colon, 2], 1e-4, 1e-4)
            );
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Run_OnTheGoldensInBfloat16_IsWithinTolerance(string backend)
    {
        using DisposeScope scope = NewDisposeScope();
        HeadGolden golden = HeadGolden.Load();
        HeadTargets targets = HeadTargets.FromAligned(golden.Labels);
        using HeadResult result = MaskedCrossEntropy.Run(
            golden["X_bf16"],
            targets,
            new FrozenHead(golden["W"]),
            1.0 / targets.Count,
            new CrossEntropyOptions(),
            Backend(backend),
            chunkRows: 0
        );
        Assert.Equal(bfloat16, result.HiddenGradient!.dtype);
        double expected = golden.Number("bf16.loss.mean");
        Assert.InRange(Math.Abs((result.Read().Loss / targets.Count) - expected) / expected, 0, 1e-2);
        AssertRows(golden["bf16.dX.mean"], result.HiddenGradient!, 1e-2);
    }

    [Theory]
    [InlineData("cpu", 521)]
    [InlineData("cpu", 16389)]
    [InlineData("simt", 521)]
    [InlineData("simt", 16389)]
    public void Rows_WithCapSmoothingAndZLoss_EqualTheReferenceInDouble(string backend, int vocabulary)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(3);
        const int count = 5;
        Tensor logits = randn(count, vocabulary) * 6;
        Tensor labels = torch.tensor([0, vocabulary - 1, 7, vocabulary / 2, 100]);
        Tensor coefficients = torch.tensor([1f, 0.5f, 0f, -2f, 1e-3f]);
        foreach (
            CrossEntropyOptions options in (CrossEntropyOptions[])
                [
                    new(Metrics: true),
                    new(SoftCap: 30, Metrics: true),
                    new(LabelSmoothing: 0.1f, ZLoss: 1e-3f, Metrics: true),
                    new(SoftCap: 20, LabelSmoothing: 0.2f, ZLoss: 1e-2f, Metrics: true),
                    new(Gradient: false),
                ]
        )
        {
            Tensor exact = logits.to(float64);
            Tensor exactStatistics = zeros(count, 4, float64);
            new ComposedRows().Run(exact, labels, coefficients.to(float64), exactStatistics, options, float64);
            Tensor own = logits.clone();
            Tensor statistics = zeros(count, 4);
            Backend(backend).Run(own, labels, coefficients, statistics, options, float32);
            Assert.True(exactStatistics.allclose(statistics.to(float64), 2e-6, 2e-5), $"{options}");
            Tensor error = (own.to(float64) - exact).abs().amax([1]) / exact.abs().amax([1]).clamp(min: 1e-30);
            Assert.True(error.max().item<double>() <= 1e-5, $"{options} {string.Join(' ', error.data<double>())}");
        }
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void Rows_InBfloat16_FormTheTargetsGradientBeforeRounding(string backend)
    {
        using DisposeScope scope = NewDisposeScope();
        // p(label) = 0.9990: 1 - p rounded after the subtraction keeps 8 bits; before it, none would be left.
        Tensor logits = zeros(1, 64);
        logits[0, 5] = torch.tensor(11.0625f);
        Tensor own = logits.to(bfloat16);
        Backend(backend).Run(own, torch.tensor([5]), ones(1), zeros(1, 4), new CrossEntropyOptions(), bfloat16);
        double p = Math.Exp(11.0625) / (Math.Exp(11.0625) + 63);
        Assert.InRange(own[0, 5].to(float64).item<double>() / (p - 1), 0.996, 1.004);
    }

    [Theory]
    [InlineData("composed", 512)]
    [InlineData("cpu", 512)]
    [InlineData("cpu", 1027)]
    [InlineData("simt", 512)]
    [InlineData("simt", 1027)]
    public void Rows_WithWideLogits_LeaveTheGradientInHalfTheBytes(string backend, int vocabulary)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = randn(4, vocabulary) * 4;
        Tensor labels = torch.tensor([0, 5, vocabulary - 1, 77]);
        Tensor expected = logits.clone();
        new ComposedRows().Run(expected, labels, ones(4), zeros(4, 4), new CrossEntropyOptions(), float32);
        Tensor gradient = Backend(backend)
            .Run(logits, labels, ones(4), zeros(4, 4), new CrossEntropyOptions(), bfloat16);
        Assert.Equal(bfloat16, gradient.dtype);
        Assert.Equal([4L, vocabulary], gradient.shape);
        Assert.True(gradient.to(float32).allclose(expected, 0.004, 1e-9));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void Rows_WithMaskedLogits_StayFinite(string backend)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = full([2, 200], double.NegativeInfinity, float32);
        logits[0, 3] = torch.tensor(1f);
        logits[0, 150] = torch.tensor(1f);
        logits[1, 199] = torch.tensor(-5f);
        Tensor statistics = zeros(2, 4);
        Backend(backend)
            .Run(logits, torch.tensor([3, 199]), ones(2), statistics, new CrossEntropyOptions(Metrics: true), float32);
        float[] read = statistics.data<float>().ToArray();
        Assert.Equal(Math.Log(2), read[0], 5);
        Assert.Equal(Math.Log(2), read[2], 5);
        Assert.Equal(0, read[4], 5);
        Assert.Equal(-0.5f, logits[0, 3].item<float>(), 5);
        Assert.Equal(0f, logits.sum().item<float>(), 5);
    }

    [Fact]
    public void Run_WithoutALabel_ContributesZero()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = randn(4, 8);
        HeadTargets targets = HeadTargets.FromAligned([-100, -100, -100, -100]);
        using HeadResult result = MaskedCrossEntropy.Run(hidden, targets, new FrozenHead(randn(16, 8)), 1);
        Assert.Equal(0, targets.Count);
        Assert.Equal(0, result.Read().Loss);
        Assert.Equal(0f, result.HiddenGradient!.abs().sum().item<float>());
        Assert.Empty(result.TokenLosses());
    }

    [Fact]
    public void Heads_TrainableAndLora_GiveTheGradientsOfAutograd()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        Tensor hidden = randn([7, 12], float64, requires_grad: true);
        Tensor weight = randn([20, 12], float64, requires_grad: true);
        Tensor a = randn([3, 12], float64, requires_grad: true);
        Tensor b = randn([20, 3], float64, requires_grad: true);
        HeadTargets targets = HeadTargets.FromAligned([1, -100, 19, 4, -100, 0, 7], [1, 0, 2, 0.5f, 0, 1, 1]);
        Tensor rows = torch.tensor(Array.ConvertAll(targets.Rows, row => (long)row));
        Tensor labels = torch.tensor(Array.ConvertAll(targets.Labels, label => (long)label));
        Tensor weights = torch.tensor(Array.ConvertAll(targets.Weights!, value => (double)value));
        Tensor logits = hidden.index_select(0, rows).mm((weight + (2 * b.mm(a))).t());
        Tensor losses = nn.functional.cross_entropy(logits, labels, reduction: nn.Reduction.None);
        IList<Tensor> expected = autograd.grad([(losses * weights).sum() * 0.25], [hidden, weight, a, b]);

        Tensor ga = zeros_like(a);
        Tensor gb = zeros_like(b);
        ComposedRows exact = new();
        LoraHead lora = new(weight.detach(), a.detach(), b.detach(), 2, ga, gb);
        using HeadResult result = MaskedCrossEntropy.Run(
            hidden,
            targets,
            lora,
            0.25,
            new CrossEntropyOptions(),
            exact,
            2
        );
        Assert.True(expected[0].allclose(result.HiddenGradient!, 1e-4, 1e-6));
        Assert.True(expected[2].allclose(ga, 1e-4, 1e-6));
        Assert.True(expected[3].allclose(gb, 1e-4, 1e-6));

        Tensor gw = zeros_like(weight);
        TrainableHead trained = new((weight + (2 * b.mm(a))).detach(), gw);
        using HeadResult second = MaskedCrossEntropy.Run(
            hidden,
            targets,
            trained,
            0.25,
            new CrossEntropyOptions(),
            exact,
            3
        );
        Assert.True(expected[1].allclose(gw, 1e-4, 1e-6));
    }

    [Fact]
    public void Run_Repeated_LeavesNoTensorAlive()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = randn(300, 16);
        Tensor weight = randn(64, 16);
        HeadTargets targets = HeadTargets.FromAligned(
            Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? i % 64 : -100).ToArray()
        );
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++)
        {
            MaskedCrossEntropy.Run(hidden, targets, new FrozenHead(weight), 1).Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Run_WithALabelOutsideTheVocabulary_SaysSo()
    {
        using DisposeScope scope = NewDisposeScope();
        HeadTargets targets = HeadTargets.FromAligned([64]);
        ArgumentException problem = Assert.Throws<ArgumentException>(() =>
            MaskedCrossEntropy.Run(randn(1, 16), targets, new FrozenHead(randn(64, 16)), 1)
        );
        Assert.Contains("label 64 lies outside the head's 64 tokens", problem.Message, StringComparison.Ordinal);
    }

    internal static IRowKernel Backend(string name) =>
        name switch
        {
            "composed" => new ComposedRows(),
            "cpu" => new CpuRows(),
            _ => new CudaRows(new SimtLauncher()),
        };

    private static void AssertRows(Tensor expected, Tensor actual, double tolerance)
    {
        Tensor error = (expected.to(float64) - actual.to(float64)).abs().amax([1]);
        Tensor scale = expected.to(float64).abs().amax([1]);
        Tensor unsupervised = scale.eq(0);
        Assert.Equal(0.0, error.masked_fill(unsupervised.logical_not(), 0).max().item<double>());
        Assert.InRange((error / scale.masked_fill(unsupervised, 1)).max().item<double>(), 0, tolerance);
    }
}
