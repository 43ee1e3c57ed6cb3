// Folder Verifiers: finds the answer in a reply and scores it, one family of tasks a file.
// Refuses to know: dialogues, models.

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>What some verifiers need beside the task.</summary>
public sealed record VerifierOptions
{
    /// <summary>Spider's databases, <c>{db_id}/*.sqlite</c>; null for databases made from each task's schema.</summary>
    public string? Databases { get; init; }

    /// <summary>Whether answers that are programs may be run.</summary>
    public bool AllowCodeExecution { get; init; }
}

/// <summary>The verifiers of all families of a file of tasks.</summary>
public sealed class FamilyVerifier : IVerifier
{
    private readonly Dictionary<string, IVerifier> _families;

    private FamilyVerifier(Dictionary<string, IVerifier> families) => _families = families;

    /// <summary>Opens the verifiers that the tasks need.</summary>
    /// <exception cref="MttException">A family's score needs what is not here.</exception>
    public static FamilyVerifier For(IEnumerable<ShardedTask> tasks, VerifierOptions options) =>
        new(
            tasks.Select(task => task.Family).Distinct().ToDictionary(family => family, family => Open(family, options))
        );

    /// <inheritdoc/>
    public string Metric(ShardedTask task) => Of(task).Metric(task);

    /// <inheritdoc/>
    public Verdict Judge(ShardedTask task, string reply) => Of(task).Judge(task, reply);

    /// <inheritdoc/>
    public Verdict JudgeExtracted(ShardedTask task, string answer) => Of(task).JudgeExtracted(task, answer);

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => Of(task).RightAnswer(task);

    /// <inheritdoc/>
    public string WrongAnswer(ShardedTask task) => Of(task).WrongAnswer(task);

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task) => Of(task).WhyUnscorable(task);

    private IVerifier Of(ShardedTask task) => _families[task.Family];

    private static IVerifier Open(string family, VerifierOptions options) =>
        family switch
        {
            "math" => new MathVerifier(),
            "exact" => new ExactVerifier(),
            "actions" => new ActionsVerifier(),
            "database" => new DatabaseVerifier(options.Databases),
            "translation" => new TranslationVerifier(),
            "data2text" => new DataToTextVerifier(),
            "choice" => new ChoiceVerifier(),
            "session" => new SessionVerifier(),
            "code" => CodeVerifier.Open(options.AllowCodeExecution),
            "summary" => throw new MttException(
                "tasks of the family 'summary' cannot be scored without a judge",
                "The published score is given by a model that reads every summary against its insights; mtt has no such judge: leave these tasks out."
            ),
            _ => throw new MttException(
                $"no verifier for tasks of the family '{family}'",
                "Known: math, exact, actions, database, translation, data2text, choice, code, session."
            ),
        };
}
