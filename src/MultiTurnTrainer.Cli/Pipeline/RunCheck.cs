namespace MultiTurnTrainer.Cli.Pipeline;

/// <summary>What a run must have, and what has no meaning in it: said before anything is done.</summary>
internal static class RunCheck
{
    /// <summary>Refuses settings that cannot be meant together.</summary>
    /// <exception cref="MttException">There are such.</exception>
    public static void Require(RunChoices run)
    {
        DataSettings data = run.Data;
        string objective = run.Train.Objective.GetName();
        (bool IsWrong, string Problem, string Remedy)[] checks =
        [
            (
                data.Weights.Count > 0 && data.Weights.Count != data.Train.Count,
                $"data.weights has {Counted.Of(data.Weights.Count, "number")} and data.train {Counted.Of(data.Train.Count, "file")}",
                "Give each file one weight, in their order."
            ),
            (
                data is { EvalShare: > 0, Eval.Count: > 0 },
                "data.eval names files, and data.eval_share holds rows of data.train out",
                "Leave one of the two out."
            ),
            (
                run.Evaluate.Tasks is not null && run.Evaluate.Endpoints.Count > 0,
                "evaluate.endpoints: what a run has trained is evaluated in this process, not behind endpoints",
                "Leave the endpoints out, or serve the adapter and use mtt evaluate --endpoint."
            ),
            (
                run.Train.Objective != Objective.Sft && Shapes(data),
                $"data.weights, filter, near_duplicates, keep_duplicates and eval_share shape conversations; {objective} reads data.train as it is",
                "Leave them out, and prepare the files yourself."
            ),
            (
                run.Train.Objective != Objective.Sft && data.Eval.Count > 1,
                $"{objective} takes one file of data.eval, and {data.Eval.Count} are named",
                "Put them into one: mtt prepare FILES --output DIR."
            ),
        ];
        foreach ((bool isWrong, string problem, string remedy) in checks)
        {
            if (isWrong)
            {
                throw new MttException(problem, remedy);
            }
        }
    }

    private static bool Shapes(DataSettings data) =>
        data is not { Weights.Count: 0, Filter: null, NearDuplicates: null, KeepDuplicates: false, EvalShare: 0 };
}
