using MultiTurnTrainer.Cli.Pipeline;
using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt run</c>: everything that mtt.yaml describes.</summary>
internal static class RunCommand
{
    private const string _help = """
        Do what mtt.yaml describes, from the data to the report: prepare, mask, train, evaluate, report.

        Examples:
          mtt run
          mtt run --dry-run
          mtt run --config support.yaml
          mtt run --set train.learning_rate=1e-4 --set output.folder=run-2

        The plan comes first: what will be done, what stands as it would be made now, and why. A step is done again when a setting that it
        depends on, the bytes of its inputs, mtt itself or the way an earlier step was made has changed, or when what it left was changed
        or deleted; time stamps count for nothing. Each step is a command of mtt, which the plan shows. A run that was stopped goes on
        where it was: run it again.
        """;

    private static readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show the plan and do nothing." };
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly SettingsOptions _settings = new();

    public static Command Create()
    {
        Command command = new("run", _help) { _dryRun, _force };
        _settings.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        RunChoices settings = Read(_settings.Load(parsed));
        IReadOnlyList<RunStep> steps = RunSteps.Of(settings);
        bool isDry = parsed.GetValue(_dryRun);
        // Another run shows before large files are hashed, and changes nothing after.
        using OutputLock? held = isDry ? null : OutputLock.TakeFolder(settings.Output.Folder);
        StepBook book = new(settings.Output.Folder, VersionText.Own);
        IReadOnlyDictionary<string, StepVerdict> plan = book.Plan(steps.Where(step => step.Idle is null));
        string[] given = [.. _settings.Given(parsed)];
        Console.Error.Write(RunText.Plan(settings.Output.Folder, steps, plan, given));
        if (isDry)
        {
            return ExitCode.Done;
        }

        bool force = parsed.GetValue(_force);
        int worst = ExitCode.Done;
        foreach (RunStep step in steps.Where(step => step.Idle is null))
        {
            // What was made since the plan may have come out as it was.
            if (book.Judge(step).State == StepState.Fresh)
            {
                continue;
            }

            int code = Do(step, book, given, force);
            if (code > ExitCode.Findings)
            {
                Console.Error.WriteLine($"{step.Name} ended with {code}; mtt run goes on from here");
                return code;
            }

            worst = Math.Max(worst, code);
        }

        return worst;
    }

    /// <summary>One step: its command lines, as a user would give them.</summary>
    private static int Do(RunStep step, StepBook book, string[] given, bool force)
    {
        bool resumes = book.Begin(step, force) && step.CanResume;
        string[] more = [resumes ? "--resume" : "--force"];
        int worst = ExitCode.Done;
        foreach (IReadOnlyList<string> line in step.Commands)
        {
            Console.Error.WriteLine(Printable.Of($"\n{step.Name}: {RunText.Line([.. line, .. given, .. more])}"));
            // A command's manifest names the settings that it has read itself.
            Manifest.Settings = null;
            int code = MttCli.RunAsync([.. line, .. given, .. more]).GetAwaiter().GetResult();
            worst = Math.Max(worst, code);
            if (code > ExitCode.Findings)
            {
                return code;
            }

            if (StopRequest.Token.IsCancellationRequested)
            {
                return ExitCode.Interrupted;
            }
        }

        book.Finish(step);
        return worst;
    }

    private static RunChoices Read(SettingsFile file)
    {
        ModelSettings model = file.Section<ModelSettings>("model");
        DataSettings data = file.Section<DataSettings>("data");
        EvaluateSettings evaluate = file.Section<EvaluateSettings>("evaluate");
        if (model.Name is null || data.Train.Count == 0)
        {
            throw new MttException(
                model.Name is null ? "model.name names no model" : "data.train names no file",
                "Write both into mtt.yaml, such as model: {name: model} and data: {train: [data/chat.jsonl]}; mtt docs run has a whole file."
            );
        }

        string folder = RemoteInputs.Folder(model.Name, ModelNeed.Weights);
        InputFile.RequireFolder(folder, "model.name is a model's folder, a GGUF file, or a name on the hub.");
        return new RunChoices
        {
            Model = model,
            Data = data,
            Mask = file.Section<MaskSettings>("mask"),
            Output = file.Section<OutputSettings>("output"),
            Rows = file.Section<RowOptions>("rows"),
            Context = file.Policy(null),
            Train = file.Section<TrainSettings>("train"),
            Lora = file.Section<LoraSettings>("lora"),
            Distill = file.Section<DistillationSettings>("distill"),
            Preference = file.Section<PreferenceSettings>("preference"),
            Rollouts = file.Section<CompletionSettings>("rollouts"),
            Evaluate = evaluate,
            ModelFolder = folder,
            InitAdapterFolder = RemoteInputs.Folder(model.InitAdapter, ModelNeed.Adapter),
            TrainFiles = RemoteInputs.Files([.. data.Train]),
            EvalFiles = RemoteInputs.Files([.. data.Eval]),
            TaskFile = RemoteInputs.SingleFile(evaluate.Tasks),
        };
    }
}
