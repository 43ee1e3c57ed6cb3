namespace MultiTurnTrainer.Evaluation;

/// <summary>What <see cref="EvaluationJson"/> wrote, read back.</summary>
/// <param name="Name">What was evaluated.</param>
/// <param name="Seed">The seed of its draws; evaluations of one seed hold the same tasks.</param>
/// <param name="Dialogues">Every dialogue.</param>
public sealed record EvaluationFile(string Name, int Seed, IReadOnlyList<PlayedDialogue> Dialogues)
{
    // A table of eight seeds and nine methods is a few hundred megabytes in all.
    private const int MaxBytes = 1 << 30;

    /// <summary>Reads a file.</summary>
    /// <exception cref="MttException">It is no such file.</exception>
    public static EvaluationFile Read(string path)
    {
        try
        {
            EvaluationFile file = RecordJson.Read<EvaluationFile>(
                InputFile.ReadBytes(path, "Name files that mtt evaluate --output wrote.", MaxBytes)
            );
            return file.Dialogues.Count > 0 && file.Dialogues.All(played => played.Trace is [.., { Role: "assistant" }])
                ? file
                : throw new FormatException("it has no dialogues, or one of them lacks its last answer");
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"{path}: not the output of mtt evaluate: {problem.Message}",
                "Evaluate again with --output.",
                problem
            );
        }
    }

    /// <summary>Reads a file without what was said: many of them fit into memory together.</summary>
    /// <exception cref="MttException">It is no such file.</exception>
    public static EvaluationFile ReadScores(string path)
    {
        EvaluationFile file = Read(path);
        return file with { Dialogues = [.. file.Dialogues.Select(played => played with { Trace = [] })] };
    }
}

/// <summary>A dialogue as it was scored.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="ConvType">The mode's name.</param>
/// <param name="Run">The run, from 0.</param>
/// <param name="IsCorrect">Whether any reply was correct.</param>
/// <param name="IsCorrectLast">Whether the last reply was.</param>
/// <param name="Attempts">Answers given.</param>
/// <param name="Tokens">Tokens of the replies.</param>
/// <param name="CopiedShare">The share of the last reply copied from a wrong reply of its own.</param>
/// <param name="Contradicted">Whether a contradiction counts here.</param>
/// <param name="Trace">Everything said.</param>
public sealed record PlayedDialogue(
    string TaskId,
    string ConvType,
    int Run,
    bool IsCorrect,
    bool IsCorrectLast,
    int Attempts,
    int Tokens,
    double CopiedShare,
    bool Contradicted,
    IReadOnlyList<ChatTurn> Trace
)
{
    /// <summary>The first answer's turn, from 1.</summary>
    public int? FirstAttempt { get; init; }

    /// <summary>The first right reply after a contradiction, from 1.</summary>
    public int? RecoveryTurn { get; init; }
}
