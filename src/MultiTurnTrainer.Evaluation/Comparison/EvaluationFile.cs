// Folder Comparison: sets evaluations of several models and seeds beside each other.
// Refuses to know: how dialogues were played.

namespace MultiTurnTrainer.Evaluation.Comparison;

/// <summary>What <see cref="EvaluationJson"/> wrote, as far as a comparison needs it.</summary>
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
            return file.Name is not null && file.Dialogues is { Count: > 0 }
                ? file
                : throw new FormatException("name or dialogues are missing");
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
}

/// <summary>A dialogue as it was scored.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="ConvType">The mode's name.</param>
/// <param name="IsCorrect">Whether any reply was correct.</param>
/// <param name="IsCorrectLast">Whether the last reply was.</param>
/// <param name="Attempts">Answers given.</param>
/// <param name="Tokens">Tokens of the replies.</param>
/// <param name="CopiedShare">The share of the last reply copied from a wrong reply of its own.</param>
/// <param name="Contradicted">Whether a contradiction counts here.</param>
public sealed record PlayedDialogue(
    string TaskId,
    string ConvType,
    bool IsCorrect,
    bool IsCorrectLast,
    int Attempts,
    int Tokens,
    double CopiedShare,
    bool Contradicted
)
{
    /// <summary>The first answer's turn, from 1.</summary>
    public int? FirstAttempt { get; init; }

    /// <summary>The first right reply after a contradiction, from 1.</summary>
    public int? RecoveryTurn { get; init; }
}
