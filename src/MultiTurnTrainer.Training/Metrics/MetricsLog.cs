// Folder Metrics: what a run measured, as lines of files and events for TensorBoard.
// Refuses to know: models, tensors, how a number came about.

namespace MultiTurnTrainer.Training.Metrics;

/// <summary>
/// <c>metrics.csv</c>, <c>metrics.jsonl</c>, <c>evaluations.jsonl</c>; where sides are compared, <c>preferences.jsonl</c>; where replies are distilled,
/// <c>distillation.jsonl</c> and <c>rollouts.jsonl</c>; one line per step, each flushed as it is written, and the same numbers for TensorBoard. Numbers that belong to the model have nine significant digits, enough to tell two float32 apart.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private static readonly (string Name, Func<StepMetrics, string> Text)[] _columns =
    [
        ("step", m => Whole(m.Step)),
        ("epoch", m => Short(m.Epoch)),
        ("loss", m => Exact(m.Loss)),
        ("smoothed_loss", m => Exact(m.SmoothedLoss)),
        ("grad_norm", m => Exact(m.GradNorm)),
        ("lr", m => Exact(m.Lr)),
        ("tokens", m => Whole(m.Tokens)),
        ("supervised_tokens", m => Whole(m.SupervisedTokens)),
        ("accuracy", m => Short(m.Accuracy)),
        ("tokens_per_second", m => Short(m.TokensPerSecond)),
        ("seconds", m => Short(m.Seconds)),
        ("head_share", m => Short(m.HeadShare)),
        ("rollout_tokens", m => Whole(m.RolloutTokens)),
        ("rollout_seconds", m => Short(m.RolloutSeconds)),
        ("gflops", m => Short(m.Gflops)),
        ("peak_memory_mb", m => Short(m.PeakMemoryMb)),
        ("spike", m => Whole(m.Spike ? 1 : 0)),
    ];

    /// <summary>The file of rewards and margins.</summary>
    public const string PreferencesName = "preferences.jsonl";

    /// <summary>The file of the terms of distilling losses.</summary>
    public const string DistillationName = "distillation.jsonl";

    /// <summary>The file of sampled dialogues.</summary>
    public const string RolloutsName = "rollouts.jsonl";

    private readonly StreamWriter _csv;
    private readonly StreamWriter _steps;
    private readonly StreamWriter _evaluations;
    private readonly TensorBoardLog _board;
    private readonly Lazy<StreamWriter> _preferences;
    private readonly Lazy<StreamWriter> _distillation;
    private readonly Lazy<StreamWriter> _rollouts;

    /// <summary>Opens the files in a folder, keeping what belongs to steps up to <paramref name="keepThrough"/>.</summary>
    /// <param name="folder">The output folder.</param>
    /// <param name="keepThrough">The step resumed from; 0 begins anew.</param>
    /// <param name="time">The clock of TensorBoard's events.</param>
    public MetricsLog(string folder, int keepThrough, TimeProvider time)
    {
        string csv = Path.Combine(folder, "metrics.csv");
        _csv = Open(csv, keepThrough, ReadCsvStep, header: true);
        _steps = Open(Path.Combine(folder, "metrics.jsonl"), keepThrough, ReadJsonStep, header: false);
        _evaluations = Open(Path.Combine(folder, "evaluations.jsonl"), keepThrough, ReadJsonStep, header: false);
        Lazy<StreamWriter> OpenLater(string name) =>
            new(() => Open(Path.Combine(folder, name), keepThrough, ReadJsonStep, header: false));
        (_preferences, _distillation) = (OpenLater(PreferencesName), OpenLater(DistillationName));
        _rollouts = OpenLater(RolloutsName);
        _board = new TensorBoardLog(Path.Combine(folder, "tensorboard"), time);
        if (new FileInfo(csv).Length == 0)
        {
            WriteLine(_csv, string.Join(',', _columns.Select(column => column.Name)));
        }
    }

    /// <summary>Reads back the steps of a folder, for a report.</summary>
    public static IReadOnlyList<JsonView> ReadLines(string path) =>
        File.Exists(path)
            ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => JsonView.Parse(line))]
            : [];

    /// <summary>Reads back the rewards and margins of a run; empty where nothing was compared.</summary>
    public static IReadOnlyList<PreferenceMetrics> ReadPreferences(string path) => ReadRecords<PreferenceMetrics>(path);

    /// <summary>Reads back the records of a run; none where it did not have what they are of. A line that a kill cut short is left out.</summary>
    public static IReadOnlyList<T> ReadRecords<T>(string path)
    {
        string text = File.Exists(path) ? File.ReadAllText(path) : "";
        string[] lines = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(RecordJson.Read<T>)];
    }

    /// <summary>A number of such a line; NaN where it has none.</summary>
    public static double ReadNumber(JsonView line, string field) =>
        line.TryGetProperty(field, out JsonView value) && value.Kind == JsonKind.Number
            ? value.GetDouble()
            : double.NaN;

    /// <summary>Writes a step.</summary>
    public void Write(StepMetrics metrics)
    {
        // Names and numbers: nothing here needs CSV's quotes.
        string[] texts = [.. _columns.Select(column => column.Text(metrics))];
        WriteLine(_csv, string.Join(',', texts));
        WriteLine(_steps, $"{{{string.Join(", ", _columns.Zip(texts, (c, text) => $"\"{c.Name}\": {Json(text)}"))}}}");
        _board.Write(
            metrics.Step,
            [
                ("train/loss", metrics.Loss),
                ("train/grad_norm", metrics.GradNorm),
                ("train/learning_rate", metrics.Lr),
                ("train/accuracy", metrics.Accuracy),
                ("train/tokens_per_second", metrics.TokensPerSecond),
                ("train/head_share", metrics.HeadShare),
            ]
        );
        if (metrics.Preferences is { } preferences)
        {
            Write(preferences);
        }

        if (metrics.Distillation is { } distillation)
        {
            Write(distillation);
        }

        if (metrics.Rollout is { } rollout)
        {
            WriteLine(_rollouts.Value, Encoding.UTF8.GetString(RecordJson.ToLine(rollout)));
        }
    }

    private void Write(DistillationMetrics metrics)
    {
        WriteLine(_distillation.Value, Encoding.UTF8.GetString(RecordJson.ToLine(metrics)));
        (string Name, DistillationPart? Part)[] terms =
        [
            ("middle", metrics.Middle),
            ("answer", metrics.Answer),
            ("full", metrics.Full),
        ];
        _board.Write(
            metrics.Step,
            [.. terms.Where(term => term.Part is not null).Select(term => ($"distill/{term.Name}", term.Part!.Loss))]
        );
    }

    private void Write(PreferenceMetrics metrics)
    {
        WriteLine(_preferences.Value, Encoding.UTF8.GetString(RecordJson.ToLine(metrics)));
        _board.Write(
            metrics.Step,
            [
                .. BoardOf("rewards", metrics.All),
                .. metrics.ByTurn.SelectMany(turn => BoardOf($"rewards_turn_{turn.Key}", turn.Value)),
            ]
        );
    }

    private static IEnumerable<(string, double)> BoardOf(string name, PreferencePart part)
    {
        (string, double?)[] values =
        [
            ($"{name}/chosen", part.RewardsChosen),
            ($"{name}/rejected", part.RewardsRejected),
            ($"{name}/margins", part.RewardsMargins),
            ($"{name}/accuracies", part.RewardsAccuracies),
        ];
        return values.Where(value => value.Item2 is not null).Select(value => (value.Item1, value.Item2!.Value));
    }

    /// <summary>Writes an evaluation.</summary>
    public void Write(EvaluationMetrics metrics)
    {
        string turns = string.Join(", ", metrics.ByTurn.OrderBy(p => p.Key).Select(p => Part(Whole(p.Key), p.Value)));
        string roles = Parts(metrics.ByRole);
        string fields = Parts(metrics.ByField);
        WriteLine(
            _evaluations,
            $"{{\"step\": {Whole(metrics.Step)}, \"eval_loss\": {Json(Exact(metrics.Loss))}, "
                + $"\"eval_accuracy\": {Json(Short(metrics.Accuracy))}, "
                + $"\"supervised_tokens\": {Whole(metrics.SupervisedTokens)}, "
                + (metrics.TaskScore is { } score ? $"\"task_score\": {Json(Exact(score))}, " : "")
                + $"\"best\": {(metrics.Best ? "true" : "false")}, "
                + $"\"by_turn\": {{{turns}}}, \"by_role\": {{{roles}}}, \"by_field\": {{{fields}}}}}"
        );
        _board.Write(
            metrics.Step,
            [
                .. metrics.SupervisedTokens > 0
                    ? [("eval/loss", metrics.Loss), ("eval/accuracy", metrics.Accuracy)]
                    : Array.Empty<(string, double)>(),
                .. metrics.TaskScore is { } tasks ? [("eval/task_score", tasks)] : Array.Empty<(string, double)>(),
                .. metrics.ByTurn.Select(turn => ($"eval/loss_turn_{turn.Key}", turn.Value.Loss)),
                .. metrics.ByRole.Select(role => ($"eval/loss_role_{role.Key}", role.Value.Loss)),
                .. metrics.ByField.Select(field => ($"eval/loss_{field.Key}", field.Value.Loss)),
            ]
        );
    }

    public void Dispose()
    {
        _csv.Dispose();
        _steps.Dispose();
        _evaluations.Dispose();
        foreach (Lazy<StreamWriter> opened in new[] { _preferences, _distillation, _rollouts })
        {
            if (opened.IsValueCreated)
            {
                opened.Value.Dispose();
            }
        }

        _board.Dispose();
    }

    private static string Parts(IReadOnlyDictionary<string, LossPart> parts) =>
        string.Join(", ", parts.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Part(p.Key, p.Value)));

    // A role that no table knows has any name.
    private static string Part(string name, LossPart part) =>
        $"{JsonText.AsciiLine(name)}: {{\"loss\": {Json(Exact(part.Loss))}, \"tokens\": {Whole(part.Tokens)}}}";

    private static string Exact(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    // NaN and infinity have no JSON number.
    private static string Json(string number) => char.IsAsciiDigit(number[^1]) ? number : "null";

    private static int ReadCsvStep(string line) =>
        int.TryParse(line.Split(',')[0], CultureInfo.InvariantCulture, out int step) ? step : int.MaxValue;

    private static int ReadJsonStep(string line)
    {
        try
        {
            return JsonView.Parse(line).GetProperty("step").GetInt32();
        }
        catch (FormatException)
        {
            // A line that a kill cut short.
            return int.MaxValue;
        }
    }

    private static StreamWriter Open(string path, int keepThrough, Func<string, int> readStep, bool header)
    {
        IEnumerable<string> lines = keepThrough > 0 && File.Exists(path) ? File.ReadAllLines(path) : [];
        IEnumerable<string> kept = lines.Where(
            (line, i) => (header && i == 0) || (line.Length > 0 && readStep(line) <= keepThrough)
        );
        string text = string.Concat(kept.Select(line => line + '\n'));
        OutputFile.WriteAllBytes(path, Encoding.UTF8.GetBytes(text), force: true);
        return new StreamWriter(PosixFile.OpenAppend(path), new UTF8Encoding(false)) { NewLine = "\n" };
    }

    private static void WriteLine(StreamWriter writer, string line)
    {
        writer.Write(line);
        writer.Write('\n');
        writer.Flush();
    }
}
