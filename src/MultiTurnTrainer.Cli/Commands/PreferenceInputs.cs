namespace MultiTurnTrainer.Cli.Commands;

/// <summary>From the files of <c>mtt train --objective dpo|simpo|orpo|kto</c> to pairs and labelled rows.</summary>
internal static class PreferenceInputs
{
    /// <summary>Lays the pairs of the request's files over it; a request of another objective stays as it is.</summary>
    public static TrainRequest AddTo(TrainRequest request, PreferenceSettings settings)
    {
        if (!request.Objective.IsPreference())
        {
            return request;
        }

        PreferenceRun run = new(
            RowModel.Load(request.Model, request.Rows),
            request.Rows with
            {
                MaxLength = request.Train.MaxLength,
                Threads = request.Train.Threads ?? request.Rows.Threads,
            }
        );
        run.Read(request.TrainFiles, labels: request.Objective == Objective.Kto);
        PreferenceData data = new(request.Objective, run.Pairs, run.Labelled, settings);
        Console.Error.WriteLine(Describe(request, run, data.Settings));
        foreach (string line in run.Lines)
        {
            Console.Error.WriteLine(Printable.Of($"           left out: {line}"));
        }

        return request with
        {
            Preferences = data,
        };
    }

    /// <summary>How the objective's rows are made: an evaluation measures the loss of the chosen side.</summary>
    public static RowOptions RowsFor(Objective objective, RowOptions rows) =>
        objective.IsPreference() ? rows with { Preference = rows.Preference ?? PreferenceSide.Chosen } : rows;

    private static string Describe(TrainRequest request, PreferenceRun run, PreferenceSettings settings)
    {
        string name = request.Objective.GetName();
        string loss = request.Objective switch
        {
            Objective.Dpo => $"loss {Naming.SnakeCase(settings.Loss)}, ",
            Objective.Kto => Invariant(
                $"loss {Naming.SnakeCase(settings.KtoLoss)}, weights {settings.DesirableWeight} and {settings.UndesirableWeight}, "
            ),
            Objective.Simpo => Invariant($"margin {settings.Margin}, "),
            _ => "",
        };
        bool compares = request.Objective is Objective.Dpo or Objective.Kto;
        string forks = string.Join(
            ", ",
            run.Pairs.GroupBy(pair => pair.ForkTurn)
                .OrderBy(turn => turn.Key)
                .Select(turn => $"turn {turn.Key}: {turn.Count()}")
        );
        return Invariant(
                $"preference {name}: {loss}beta {settings.Beta}, label smoothing {settings.LabelSmoothing}, sft weight {settings.SftWeight}, "
            )
            + $"turns {Naming.SnakeCase(settings.Turns)}, {Naming.SnakeCase(settings.TurnWeighting)}"
            + (settings.TurnWeighting == TurnWeighting.Discount ? Invariant($" {settings.TurnDiscount}") : "")
            + (compares ? $", reference {Naming.SnakeCase(settings.Reference)}" : "")
            + $"\n           {Counted.Of(run.Pairs.Count, "pair")}{(forks.Length > 0 ? $", the sides fork at {forks}" : "")}"
            + (run.Labelled.Count > 0 ? $", {Counted.Of(run.Labelled.Count, "labelled row")}" : "");
    }
}
