using MultiTurnTrainer.Training.Samples;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>The sample answers of a run's report.</summary>
internal static class ReportSamples
{
    /// <summary>The file in the output folder.</summary>
    public const string Name = "samples.jsonl";

    /// <summary>Answers before the first step, unless it is done already.</summary>
    /// <param name="run">The run.</param>
    /// <param name="done">Steps done.</param>
    /// <param name="observer">Told where they cannot be made.</param>
    /// <param name="stop">Asks to give up.</param>
    /// <returns>
    /// What answers after the training; null where no samples are wanted, no prompt is short enough, or the model has no tokenizer that can
    /// show words: rows of ids are trained on without one.
    /// </returns>
    public static SampleAnswers? Begin(LoadedRun run, int done, ITrainingObserver observer, CancellationToken stop)
    {
        SampleAnswers? samples = null;
        Try(
            observer,
            () =>
            {
                samples = Create(run);
                if (done == 0)
                {
                    samples?.Before(stop);
                }
            }
        );
        return samples;
    }

    /// <summary>Answers with the trained weights.</summary>
    public static void End(SampleAnswers? samples, ITrainingObserver observer, CancellationToken stop) =>
        Try(observer, () => samples?.After(stop));

    // They are for readers alone: no training ends for want of them.
    private static void Try(ITrainingObserver observer, Action answer)
    {
        try
        {
            answer();
        }
        catch (Exception problem) when (problem is MttException || MemoryShortage.Is(problem))
        {
            observer.Warned($"sample answers are left out of the report: {problem.Message.Split('\n')[0]}");
        }
    }

    private static SampleAnswers? Create(LoadedRun run)
    {
        TrainRequest request = run.Request;
        if (request.Train.ReportSamples == 0 || TryLoadTokenizer(request.Model) is not { } tokenizer)
        {
            return null;
        }

        IReadOnlyList<SamplePrompt> prompts = SamplePrompt.Choose(
            request.Train.ReportSamples,
            run.Data.Evaluation,
            run.Data.Rows,
            request.Preferences,
            request.Distillation
        );
        if (prompts.Count == 0)
        {
            return null;
        }

        GenerationOptions options = new()
        {
            MaxNewTokens = request.Train.ReportSampleTokens,
            MaxLength = run.Model.Config.MaxPositions,
            StopTokens = FindStopTokens(request, prompts, tokenizer),
        };
        return new SampleAnswers(run.Output[Name], tokenizer, prompts, stop => Answer(run, prompts, options, stop));
    }

    private static Tokenizer? TryLoadTokenizer(string model)
    {
        try
        {
            return Tokenizer.FileOf(model) is { } file ? Tokenizer.Load(file) : null;
        }
        catch (MttException)
        {
            return null;
        }
    }

    private static IReadOnlyList<int[]>? Answer(
        LoadedRun run,
        IReadOnlyList<SamplePrompt> prompts,
        GenerationOptions options,
        CancellationToken stop
    )
    {
        try
        {
            IReadOnlyList<Completion> completions = new Generator(run.Model).Generate(
                [.. prompts.Select(prompt => prompt.Ids)],
                options,
                run.Adapter,
                cancel: stop
            );
            return [.. completions.Select(completion => completion.Ids)];
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    // The model's own, and the marker that the data's answers end with.
    private static HashSet<int> FindStopTokens(
        TrainRequest request,
        IReadOnlyList<SamplePrompt> prompts,
        Tokenizer tokenizer
    ) =>
        [
            .. request.Distillation?.StopTokens ?? [],
            .. GenerationConfig.ReadFolder(request.Model).EosTokenIds,
            .. prompts.SelectMany(prompt => prompt.Expected?.TakeLast(1) ?? []).Where(tokenizer.IsSpecial),
        ];
}
