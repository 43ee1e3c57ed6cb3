namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a run is about to do.</summary>
/// <param name="Model">The model's folder.</param>
/// <param name="Device">Where it computes, such as <c>cpu, 2 threads</c>.</param>
/// <param name="Dtype">The compute type.</param>
/// <param name="Parameters">Weights of the model.</param>
/// <param name="TrainableParameters">Weights that are trained.</param>
/// <param name="Rows">Rows of the training data.</param>
/// <param name="Tokens">Their tokens.</param>
/// <param name="SupervisedTokens">Labels that count.</param>
/// <param name="RowsWithoutLabels">Rows that add nothing to the loss.</param>
/// <param name="EvaluationRows">Rows of the evaluation set; 0 where there is none.</param>
/// <param name="Packs">Packs; 0 without packing.</param>
/// <param name="PackingEfficiency">Share of the packs that is filled; 1 without packing.</param>
/// <param name="TotalSteps">Optimizer steps in all.</param>
/// <param name="FirstStep">The next step: 1, or later after a resume.</param>
/// <param name="Recompute">What is computed again in backward.</param>
public sealed record RunSummary(
    string Model,
    string Device,
    string Dtype,
    long Parameters,
    long TrainableParameters,
    int Rows,
    long Tokens,
    long SupervisedTokens,
    int RowsWithoutLabels,
    int EvaluationRows,
    int Packs,
    double PackingEfficiency,
    int TotalSteps,
    int FirstStep,
    string Recompute
)
{
    /// <summary>Sharded tasks or logged turns that are trained on instead of rows; 0 where it is rows.</summary>
    public int Tasks { get; init; }

    /// <summary>Pairs whose two sides are among the rows; 0 where nothing is compared.</summary>
    public int Pairs { get; init; }

    /// <summary>What is trained on, in words.</summary>
    public string DataText =>
        Tasks > 0
            ? Counted.Of(Tasks, "task or logged turn", "tasks or logged turns")
            : Invariant(
                $"{(Pairs > 0 ? $"{Counted.Of(Pairs, "pair")}, " : "")}{Counted.Of(Rows, "row")}, {Counted.Of(Tokens, "token")}, {SupervisedTokens:N0} supervised ({SupervisedTokens / (double)Math.Max(1, Tokens):P1})"
            );
}
