using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt estimate</c>: a run's peak memory and the time of a step, before it begins.</summary>
internal static class EstimateCommand
{
    public static Command Create()
    {
        TrainOptions options = new(writes: false);
        Command command = new(
            "estimate",
            """
            Predict the peak memory of mtt train by doing the heaviest micro-batch of its plan, with each way of
            recomputing. Takes the flags of mtt train; writes nothing. On a GPU it is the GPU's memory that counts.

            Examples:
              mtt estimate --model model --train rows.parquet
              mtt estimate --model model --train rows.parquet --dtype bfloat16 --batch-size 8
            """
        );
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            TrainRequest request = options.Read(parsed);
            bool first = true;
            foreach (MemoryNeed need in MemoryEstimate.Measure(request, CancellationToken.None))
            {
                if (first)
                {
                    Console.Error.WriteLine("recompute   peak MiB   s/step at most");
                    first = false;
                }

                string mode = need.Recompute.ToString().ToLowerInvariant();
                Console.Out.WriteLine(
                    double.IsNaN(need.PeakMb)
                        ? $"{mode, -11} more than this machine has"
                        : string.Create(
                            CultureInfo.InvariantCulture,
                            $"{mode, -11} {need.PeakMb, 8:F0}   {need.SecondsPerStep:F2}"
                        )
                );
            }

            return ExitCode.Done;
        });
        return command;
    }
}
