using MultiTurnTrainer.Cli.Progress;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt train</c>: fine-tuning.</summary>
internal static class TrainCommand
{
    private const string _help = """
        Train a LoRA adapter (or every weight) on token rows or conversations.

        Examples:
          mtt train --model model --train rows.parquet --output adapter
          mtt train --model model --train rows.parquet --output adapter --resume
          mtt train --model model --train rows.jsonl --eval held-out.jsonl --output adapter --set train.eval_steps=50
          mtt train --model model --train rows.parquet --eval-tasks tasks.jsonl --output adapter --set train.load_best_model_at_end=true
          mtt train --model model --train tasks.jsonl --output adapter --objective maigo --set distill.rho=0.2
          mtt train --model model --train pairs.jsonl --output adapter --objective dpo --learning-rate 2e-5
          mtt train --model model --train rows.parquet --eval held-out.parquet --output sweep --sweep grid.yaml

        --sweep trains every configuration of a file, with every seed of it, each run in a folder of its own; see mtt docs run.
        Several processes that torchrun, srun or mpirun starts train one adapter together; see mtt docs scaling.
        """;

    private static readonly TrainOptions _options = new();

    public static Command Create()
    {
        Command command = new("train", _help);
        _options.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        StopRequest.Watch();
        LaunchPlace? place = LaunchPlace.Find(Environment.GetEnvironmentVariable);
        if (place is not null)
        {
            RankWriter.Guard(place.Rank);
        }

        if (_options.SweepOf(parsed) is not null)
        {
            if (place is not null)
            {
                throw new MttException(
                    $"--sweep trains one run after the other, and {place.World} processes were started",
                    "Start one process (without torchrun, srun or mpirun), or train one configuration with all of them."
                );
            }

            if (_options.ResumeOf(parsed) is not null)
            {
                throw new MttException(
                    "--resume and --sweep do not go together",
                    "Leave out --resume: a sweep goes on where it was."
                );
            }

            return new SweepRun(_options, parsed, Train).Execute();
        }

        using EarlyLoad libtorch = new();
        TrainRequest request = _options.Read(parsed) with { Place = place };
        using IDisposable? server = request.Distillation?.Server;
        return Train(request);
    }

    private static int Train(TrainRequest request)
    {
        TrainOutcome Train(ITrainingObserver observer) =>
            TrainingRun.Execute(request, observer, TimeProvider.System, StopRequest.Token);
        bool plain =
            request.Place is not null
            || Console.IsErrorRedirected
            || Environment.GetEnvironmentVariable("TERM") is "dumb";
        TrainOutcome outcome =
            request.Place is { Rank: > 0 } ? Train(new RankLog())
            : plain ? Train(new PlainTrainingLog(Console.Error, TimeProvider.System))
            : LiveTrainingView.Run(TimeProvider.System, Train);
        if (request.Place is not { Rank: > 0 })
        {
            Console.Error.WriteLine(TrainingText.End(outcome, request.Output));
        }

        return outcome.End switch
        {
            TrainEnd.Finished or TrainEnd.StoppedEarly => outcome.BestLost is null ? ExitCode.Done : ExitCode.Findings,
            _ => StopRequest.Interrupted ? ExitCode.Interrupted : ExitCode.Stopped,
        };
    }
}
