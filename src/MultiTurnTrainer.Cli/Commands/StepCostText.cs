using MultiTurnTrainer.Training.Cost;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Prints what <c>mtt doctor --step</c> measures.</summary>
internal static class StepCostText
{
    private static readonly Table _steps = new(
        "{0,-9} {1,5:0.##} {2,7:N0} {3,9:0.00} {4,9:0.00} {5,6:0.00}   {6}",
        "type",
        "p",
        "tokens",
        "step ms",
        "products",
        "ratio",
        "between the products"
    );

    public static void Write(string model, string rows)
    {
        TorchRuntime.Notice = Console.Error.WriteLine;
        TorchRuntime.Load();
        Console.Out.WriteLine(
            $"a step of LoRA training on {Counted.Of(Environment.ProcessorCount, "thread")}, libtorch {torch.__version__}"
        );
        Console.Out.WriteLine(_steps.Head);
        foreach (StepCost cost in StepCosts.Measure(model, rows))
        {
            string kernels = string.Join(", ", cost.Kernels.Select(pair => Invariant($"{pair.Key} {pair.Value:0.00}")));
            string threads = cost.OneThreadMs is { } one
                ? Invariant($"; one thread {one:0.00} ms ({one / cost.StepMs:0.00}x)")
                : "";
            Console.Out.WriteLine(
                _steps.Line(
                    cost.Type,
                    cost.Share,
                    cost.Tokens,
                    cost.StepMs,
                    cost.ProductsMs,
                    cost.Ratio,
                    kernels + threads
                )
            );
        }
    }
}
