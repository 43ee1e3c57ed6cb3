using System.Globalization;
using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.LibTorch.Tests;

/// <summary>A signal that arrived inside oneDNN's fp32 kernels would overwrite the heap: none may.</summary>
public class GemmSignalTests
{
    private const ulong Continue = 1UL << (18 - 1);
    private const int Sights = 20;

    [Theory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void Wide_AtWork_LetsSignalsWaitUntilItsEnd(string type)
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/task"), "needs Linux's /proc");
        Assert.SkipUnless(
            Gemm.Takes(Enum.Parse<ScalarType>(type)) && TorchRuntime.Symbol("dnnl_sgemm") != 0,
            "needs oneDNN's products of this type"
        );
        bool done = false;
        Thread worker = new(() =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor left = randn(512, 2048).to(Enum.Parse<ScalarType>(type));
            while (!Volatile.Read(ref done))
            {
                using Tensor product = Products.Wide(left, left.t());
            }
        });
        worker.Start();

        // A thread that is being made holds signals back for a moment too: one sight of it is not enough.
        Dictionary<string, int> seen = [];
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        while (seen.Values.DefaultIfEmpty().Max() < Sights && !patience.IsCancellationRequested)
        {
            foreach (string task in Waiting())
            {
                seen[task] = seen.GetValueOrDefault(task) + 1;
            }
        }

        Volatile.Write(ref done, true);
        worker.Join();
        Assert.False(patience.IsCancellationRequested, "no thread was seen to hold signals back");
    }

    private static IEnumerable<string> Waiting() =>
        Directory.GetDirectories("/proc/self/task").Where(task => (Blocked(task) & Continue) != 0);

    private static ulong Blocked(string task)
    {
        try
        {
            string line = File.ReadLines(Path.Combine(task, "status"))
                .First(text => text.StartsWith("SigBlk:", StringComparison.Ordinal));
            return ulong.Parse(line["SigBlk:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        catch (Exception problem) when (problem is IOException or InvalidOperationException)
        {
            // The thread has ended meanwhile.
            return 0;
        }
    }
}
