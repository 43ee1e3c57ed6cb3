namespace MultiTurnTrainer.Cli.Settings;

/// <summary>Scores tasks with the model that <c>mtt train</c> trains, as <c>mtt evaluate</c> would.</summary>
internal sealed class EvalTasks : ITaskScorer
{
    private readonly EvaluationJob _job;
    private readonly FamilyVerifier _verifier;
    private readonly EvalTasksSettings _settings;
    private readonly Lazy<ChatEncoder> _encoder;

    private EvalTasks(
        EvaluationJob job,
        FamilyVerifier verifier,
        EvalTasksSettings settings,
        Lazy<ChatEncoder> encoder,
        string path
    )
    {
        (_job, _verifier, _settings, _encoder) = (job, verifier, settings, encoder);
        File = path;
        Fingerprint =
            $"{ContentHash.OfFile(path)} {Encoding.UTF8.GetString(RecordJson.ToLine(settings with { BudgetTokens = null }))}";
    }

    /// <inheritdoc/>
    public bool IsSpent => Spent >= _settings.BudgetTokens;

    /// <inheritdoc/>
    public long Spent { get; set; }

    /// <inheritdoc/>
    public string File { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Reads the tasks.</summary>
    /// <exception cref="MttException">They cannot be scored.</exception>
    public static EvalTasks Open(string path, TrainRequest request, EvalTasksSettings settings)
    {
        IReadOnlyList<ShardedTask> tasks = [.. ShardedTaskReader.Read(path).Take(settings.Limit)];
        FamilyVerifier verifier = FamilyVerifier.For(tasks, new VerifierOptions());
        SimulationChoice[] modes = [.. settings.Modes.Split(',').Select(mode => SimulationChoice.Parse(mode.Trim()))];
        EvaluationJob job = EvaluationRun.Check(
            new EvaluationJob(tasks, modes, settings.Runs, request.Train.Seed),
            verifier,
            (task, reason) =>
                Console.Error.WriteLine(Printable.Of($"note: {task.Place} is left out of the score: {reason}"))
        );
        Lazy<ChatEncoder> encoder = new(() => new ChatEncoder(RowModel.Load(request.Model, request.Rows)));
        return new EvalTasks(job, verifier, settings, encoder, path);
    }

    /// <inheritdoc/>
    public double? Score(CausalLM model, Adapter adapter, CancellationToken stop)
    {
        GenerationOptions generation = new()
        {
            Temperature = _settings.Temperature,
            MaxNewTokens = _settings.MaxNewTokens,
        };
        try
        {
            using var dialogues = LocalDialogueModel.Over(model, adapter, _encoder.Value, generation);
            EvaluationResult result = EvaluationRun
                .ExecuteAsync(_job, _verifier, dialogues, policy: null, static _ => { }, stop)
                .GetAwaiter()
                .GetResult();
            Spent += result.Dialogues.Sum(dialogue => (long)dialogue.Tokens);
            return result.Modes.Average(mode => mode.AnyAttempt.Mean);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
