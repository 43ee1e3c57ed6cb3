using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What <see cref="EvaluationJson"/> wrote, read back.</summary>
/// <param name="Name">What was evaluated.</param>
/// <param name="Seed">The seed of its draws; evaluations of one seed hold the same tasks.</param>
/// <param name="Dialogues">Every dialogue.</param>
public sealed record EvaluationFile(string Name, int Seed, IReadOnlyList<PlayedDialogue> Dialogues)
{
    /// <summary>Who played the user: <c>script</c>, or a model.</summary>
    public string User { get; init; } = "script";

    /// <summary>What took the answers out of the replies: <c>rules</c>, or a model.</summary>
    public string Verifier { get; init; } = "rules";

    /// <summary>The context policy; null for none.</summary>
    public string? Policy { get; init; }

    /// <summary>What was spent at endpoints; null for a local model.</summary>
    public SpentSum? Spent { get; init; }

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

    /// <summary>Reads a file with what the tables need of what was said: many of them fit into memory together.</summary>
    /// <exception cref="MttException">It is no such file.</exception>
    public static EvaluationFile ReadScores(string path)
    {
        EvaluationFile file = Read(path);
        return file with { Dialogues = [.. DialogueMeasures.Measured(file.Dialogues)] };
    }

    /// <summary>The families of its tasks; files before there were several name none.</summary>
    public IEnumerable<string> Families => Dialogues.Select(played => played.Family).Distinct();

    /// <summary>The dialogues of one family.</summary>
    public EvaluationFile Only(string family) =>
        this with
        {
            Dialogues = [.. Dialogues.Where(played => played.Family == family)],
        };
}

/// <summary>What an evaluation spent at endpoints.</summary>
/// <param name="Requests">Requests sent.</param>
/// <param name="PromptTokens">Tokens read.</param>
/// <param name="CompletionTokens">Tokens written.</param>
/// <param name="Money">By the price table.</param>
public sealed record SpentSum(long Requests, long PromptTokens, long CompletionTokens, double Money);

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

    /// <summary>The task's family.</summary>
    public string Family { get; init; } = "";

    /// <summary>The published score, 0 to 1; null in files that have only right and wrong.</summary>
    public double? Score { get; init; }

    /// <summary>The score of the last reply, 0 to 1.</summary>
    public double? ScoreLast { get; init; }

    /// <summary>The published score by the benchmark's own scorer, 0 to 1.</summary>
    public double? ScoreAsPublished { get; init; }

    /// <summary>Why it ended.</summary>
    public string? End { get; init; }

    /// <summary>The task's shards.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>By shard, from 1, the user turn, from 1, that revealed it.</summary>
    public IReadOnlyDictionary<string, int> RevealedAt { get; init; } = new Dictionary<string, int>();

    /// <summary>How each reply was judged.</summary>
    public IReadOnlyList<PlayedReply> Replies { get; init; } = [];

    /// <summary>What is measured of what was said; null where it was not read for tables.</summary>
    public DialogueMeasures? Measures { get; init; }

    /// <summary>What counts of it, 0 to 1.</summary>
    /// <param name="last">Whether the last reply counts, not any.</param>
    public double Counted(bool last) => last ? ScoreLast ?? (IsCorrectLast ? 1 : 0) : Score ?? (IsCorrect ? 1 : 0);
}

/// <summary>A reply as it was judged.</summary>
/// <param name="Kind">What it is, in the classes of "Lost in Conversation".</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Tokens">Its tokens.</param>
/// <param name="PromptTokens">Tokens of what it answered to.</param>
/// <param name="Cut">Whether it was cut at the most tokens.</param>
public sealed record PlayedReply(string Kind, double Score, int Tokens, int PromptTokens, bool Cut)
{
    /// <summary>What was taken for the answer.</summary>
    public string? Answer { get; init; }

    /// <summary>Whether it commits itself to an answer.</summary>
    public bool IsAttempt => Kind == "answer_attempt";

    /// <summary>Whether the answer is right.</summary>
    public bool IsCorrect => Score >= Verdict.Whole;
}
