// Folder Pipeline: the steps of mtt run as command lines, with what each depends on.
// Refuses to know: how a step is done, whether it must be.

namespace MultiTurnTrainer.Cli.Pipeline;

/// <summary>The steps of a run: prepare, mask, train, evaluate, report.</summary>
internal sealed class RunSteps
{
    private readonly RunChoices _run;

    private RunSteps(RunChoices run) => _run = run;

    /// <summary>The steps, each after those it depends on.</summary>
    /// <exception cref="MttException">A setting is missing, or has no meaning for the objective.</exception>
    public static IReadOnlyList<RunStep> Of(RunChoices run)
    {
        RunCheck.Require(run);
        RunSteps steps = new(run);
        RunStep prepare = steps.Prepare();
        RunStep mask = steps.Mask(prepare);
        RunStep train = steps.Train(mask);
        RunStep evaluate = steps.Evaluate(mask, train);
        return [prepare, mask, train, evaluate, steps.Report(train, evaluate)];
    }

    private bool IsSupervised => _run.Train.Objective == Objective.Sft;

    private bool IsSplit => _run.EvalFiles.Count == 0 && _run.Data.EvalShare > 0;

    private string Suffix => _run.Mask.Format == RowFileFormat.Parquet ? "parquet" : "jsonl";

    // As the command line and a manifest name it: from the current folder.
    private string At(params string[] names) => Path.Combine([_run.Output.Folder, .. names]);

    private string Rows(string part) => At("mask", $"{part}.{Suffix}");

    private string? Held =>
        !IsSupervised ? _run.EvalFiles.FirstOrDefault()
        : IsSplit || _run.EvalFiles.Count > 0 ? Rows("eval")
        : null;

    private RunStep Prepare()
    {
        RunStep step = new("prepare", At("prepare"));
        if (!IsSupervised)
        {
            return step with { Idle = $"{_run.Train.Objective.GetName()} reads data.train as it is" };
        }

        DataSettings data = _run.Data;
        List<string> train = ["prepare", .. data.Train, "--output", At("prepare", "train")];
        if (IsSplit)
        {
            train.AddRange([
                "--split",
                Invariant($"train={1 - (decimal)data.EvalShare},eval={(decimal)data.EvalShare}"),
            ]);
        }

        Add(train, "--split-seed", data.Seed == 0 ? null : Invariant($"{data.Seed}"));
        Add(train, "--filter", data.Filter);
        Add(train, "--near-duplicates", data.NearDuplicates is { } near ? Invariant($"{near}") : null);
        Add(
            train,
            "--weights",
            data.Weights.Count == 0 ? null : string.Join(',', data.Weights.Select(w => Invariant($"{w}")))
        );
        train.AddRange(data.KeepDuplicates ? ["--keep-duplicates"] : []);
        return step with
        {
            Commands =
            [
                train,
                .. data.Eval.Count > 0
                    ?
                    [
                        ["prepare", .. data.Eval, "--output", At("prepare", "eval")],
                    ]
                    : Array.Empty<string[]>(),
            ],
            Settings = SettingParts.Of(("data", data)),
            Inputs = [.. _run.TrainFiles, .. _run.EvalFiles],
        };
    }

    private RunStep Mask(RunStep prepare)
    {
        RunStep step = new("mask", At("mask"));
        if (!IsSupervised)
        {
            return step with { Idle = $"{_run.Train.Objective.GetName()} renders while it trains" };
        }

        string[] Line(string part, string prepared)
        {
            string[] page =
                _run.Mask.HtmlRows > 0
                    ? ["--html", At("mask", $"{part}.html"), "--html-rows", Invariant($"{_run.Mask.HtmlRows}")]
                    : [];
            return ["mask", prepared, "--model", _run.Model.Name!, "--output", Rows(part), .. page];
        }

        string[] prepared =
            IsSplit ? [At("prepare", "train", "train.jsonl"), At("prepare", "train", "eval.jsonl")]
            : _run.EvalFiles.Count > 0 ? [At("prepare", "train", "data.jsonl"), At("prepare", "eval", "data.jsonl")]
            : [At("prepare", "train", "data.jsonl")];
        return step with
        {
            Commands = [.. prepared.Select((path, i) => Line(i == 0 ? "train" : "eval", path))],
            Settings = SettingParts.Of([("mask", _run.Mask), .. Rendering]),
            Inputs = [.. FolderFiles.WithoutWeights(_run.ModelFolder)],
            After = [prepare],
            Reads = () => prepared,
        };
    }

    private RunStep Train(RunStep mask)
    {
        List<string> line = ["train", "--model", _run.Model.Name!, "--train"];
        line.AddRange(IsSupervised ? [Rows("train")] : _run.Data.Train);
        Add(line, "--eval", Held);
        Add(line, "--init-adapter", _run.Model.InitAdapter);
        line.AddRange(["--output", At("train")]);
        return new RunStep("train", At("train"))
        {
            Commands = [line],
            Settings = SettingParts.Of([("train", _run.Train), ("lora", _run.Lora), .. Rendering, .. Objectives]),
            Inputs =
            [
                .. FolderFiles.All(_run.ModelFolder),
                .. FolderFiles.All(_run.InitAdapterFolder),
                .. IsSupervised ? [] : _run.TrainFiles.Concat(_run.EvalFiles),
            ],
            After = IsSupervised ? [mask] : [],
            Reads = () => IsSupervised ? [Rows("train"), .. Held is { } held ? [held] : Array.Empty<string>()] : [],
            CanResume = true,
        };
    }

    private RunStep Evaluate(RunStep mask, RunStep train)
    {
        string[] model =
            _run.Train.FinetuningType == FinetuningType.Full
                ? ["--model", At("train")]
                : ["--model", _run.Model.Name!, "--adapter", At("train")];
        RunStep step = new("evaluate", At("evaluate"))
        {
            Inputs =
            [
                .. FolderFiles.All(_run.ModelFolder),
                .. _run.TaskFile is { } file ? [file] : Array.Empty<string>(),
            ],
            After = [train],
            Reads = () => FolderFiles.Trained(At("train")),
        };
        if (_run.Evaluate.Tasks is { } tasks)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_run.Output.Folder)));
            return step with
            {
                Commands =
                [
                    ["evaluate", tasks, .. model, "--name", name, "--output", At("evaluate", "evaluation.json")],
                ],
                Settings = SettingParts.Of([("evaluate", _run.Evaluate), .. Rendering]),
            };
        }

        return Held is { } held
            ? step with
            {
                Commands =
                [
                    ["score", held, .. model, "--output", At("evaluate", "scores.jsonl")],
                ],
                Settings = SettingParts.Of(Rendering),
                After = IsSupervised ? [mask, train] : [train],
                Reads = () => [held, .. FolderFiles.Trained(At("train"))],
            }
            : step with
            {
                Idle = "evaluate.tasks names no tasks, and nothing is held out (data.eval, data.eval_share)",
                After = [],
            };
    }

    private RunStep Report(RunStep train, RunStep evaluate) =>
        new("report", At("report"))
        {
            Commands =
            [
                ["report", _run.Output.Folder, "--output", At("report", "report.html")],
            ],
            After = evaluate.Idle is null ? [train, evaluate] : [train],
            Reads = () =>
                FolderFiles
                    .All(At("train"))
                    .Append(Manifest.PathFor(At("train")))
                    .Concat(FolderFiles.All(At("evaluate"))),
        };

    // What decides how a conversation is rendered, wherever it is.
    private IEnumerable<(string, object?)> Rendering =>
        [
            ("rows", _run.Rows.Described()),
            ("rows.now", _run.Rows.Now),
            (
                "context",
                _run.Context is { } policy ? (object)JsonView.Parse(PolicyFingerprint.Canonical(policy)) : null
            ),
        ];

    private IEnumerable<(string, object?)> Objectives =>
        _run.Train.Objective.IsDistilling() ? [("distill", _run.Distill), ("rollouts", _run.Rollouts)]
        : _run.Train.Objective.IsPreference() ? [("preference", _run.Preference)]
        : [];

    private static void Add(List<string> line, string flag, string? value)
    {
        if (value is not null)
        {
            line.AddRange([flag, value]);
        }
    }
}
