using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt estimate</c>: a run's peak memory and the time of a step, before it begins.</summary>
internal static class EstimateCommand
{
    private const string _help = """
        Predict the peak memory of mtt train by doing the heaviest micro-batch of its plan, with each way of
        recomputing. Takes the flags of mtt train; trains nothing. On a GPU it is the GPU's memory that counts.

        Examples:
          mtt estimate --model model --train rows.parquet
          mtt estimate --model model --train rows.parquet --dtype bfloat16 --batch-size 8
        """;

    private static readonly Table _needs = new("{0,-11} {1,8:F0}   {2:F2}", "recompute", "peak MiB", "s/step at most");
    private static readonly TrainOptions _options = new(writes: false);
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("estimate", _help) { _output, _force };
        _options.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TrainRequest request = _options.Read(parsed);
        IEnumerable<string> inputs = request.TrainFiles.Append(request.EvalFile).OfType<string>();
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force), inputs);
        bool first = true;
        foreach (MemoryNeed need in MemoryEstimate.Measure(request, CancellationToken.None))
        {
            if (first)
            {
                Console.Error.WriteLine(_needs.Head);
                first = false;
            }

            string mode = need.Recompute.ToString().ToLowerInvariant();
            output.Text.WriteLine(
                double.IsNaN(need.PeakMb)
                    ? $"{mode, -11} more than this machine has"
                    : _needs.Line(mode, need.PeakMb, need.SecondsPerStep)
            );
        }

        output.Commit();
        return ExitCode.Done;
    }
}
