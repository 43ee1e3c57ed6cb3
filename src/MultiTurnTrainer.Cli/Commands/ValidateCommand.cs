using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Cli.Validation;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt validate</c>: findings, and an exit code for CI.</summary>
internal static class ValidateCommand
{
    private const string _help = """
        Check conversation files and report every finding.

        Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not read. A folder is read as the files of rows in it and
        below it, a quoted pattern as the files it matches.

        Examples:
          mtt validate data/*.jsonl
          mtt validate train.jsonl.gz --format sarif > findings.sarif
          mtt validate raw.jsonl --fix --output good.jsonl --rejects bad.jsonl
          mtt validate train.jsonl --eval test.jsonl --duplicates all
          zcat train.jsonl.gz | mtt validate - --fail-on warning
          mtt validate data "more/**/*.jsonl" --per-file-ignore "raw/*=MTT113,MTT401"
          mtt validate data --write-baseline known.txt     then, in CI: mtt validate data --baseline known.txt
          mtt validate data --watch
          mtt validate train.jsonl --target openai
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Files to check (JSONL, JSON, CSV, Parquet; plain, gzip or zstd), folders or patterns; - is standard input."
    );

    private static readonly ReportFlags _report = new();

    private static readonly Option<string> _failOn = CommonOptions.Choice(
        "--fail-on",
        "The least severity that makes the exit code 1.",
        "error",
        "error",
        "warning",
        "info",
        "never"
    );

    private static readonly Option<long> _maxErrors = new Option<long>("--max-errors")
    {
        Description = "Stop reading after so many errors; 0 reads all.",
    }.AtLeast(0);

    private static readonly Option<string> _rules = CommonOptions.Choice(
        "--rules",
        "core: text, shape, order and tools (MTT0-MTT3); all: content too.",
        "all",
        "all",
        "core"
    );

    private static readonly CheckFlags _checks = new();

    private static readonly Option<string> _duplicates = CommonOptions.Choice(
        "--duplicates",
        "How far duplicates are searched: exact, or all (near and conversation prefixes too).",
        "exact",
        "none",
        "exact",
        "all"
    );

    private static readonly Option<double> _similarity = new Option<double>("--similarity")
    {
        Description = "Least similarity of near duplicates, from 0.3 to 1.",
        DefaultValueFactory = _ => 0.8,
    }.Between(CommonOptions.LeastSimilarity, 1);

    private static readonly Option<string[]> _evaluation = new("--eval")
    {
        Description = "Evaluation files; their rows must not be in the inputs.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Model folder: checks lengths and its control tokens, and reports what its template does."
    );

    private static readonly Option<int?> _maxLength = new Option<int?>("--max-length")
    {
        Description = "Most tokens a conversation may have; the model's limit by default.",
    }.AtLeast(1);

    private static readonly SettingsOptions _settings = new();
    private static readonly RowFlags _rows = new(RowUse.Report, _settings);

    private static readonly Option<bool> _fix = new("--fix")
    {
        Description = "Repair what is safe before judging; needs --output.",
    };

    private static readonly Option<string?> _output = CommonOptions.Output("Write the rows without errors.");

    private static readonly Option<string?> _rejects = new("--rejects")
    {
        Description = "Write the rows with errors: original text and reasons.",
    };

    private static readonly Option<string?> _shard = CommonOptions.ShardOption(
        "Report and write part i of n (0/n to n-1/n) of the rows"
    );
    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly Option<bool> _watch = new("--watch")
    {
        Description = "Check again whenever a file changes, until Ctrl-C.",
    };

    private static readonly Option<bool> _explain = new("--explain-format")
    {
        Description = "Print every row's format and why, on stderr.",
    };

    private static readonly Option<int> _maxRow = new Option<int>("--max-row-bytes")
    {
        Description = "Most bytes a row may have.",
        DefaultValueFactory = _ => ConversationReader.MaxRowBytes,
    }.Between(1, 1 << 30);

    public static Command Create()
    {
        Command command = new("validate", _help)
        {
            _inputs,
            _failOn,
            _maxErrors,
            _rules,
            _duplicates,
            _similarity,
            _evaluation,
            _model,
            _maxLength,
            _fix,
            _output,
            _rejects,
            _shard,
            _force,
            _watch,
            _explain,
            _maxRow,
        };
        _report.AddTo(command);
        _checks.AddTo(command);
        _rows.AddTo(command);
        _settings.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    /// <summary>The side of preference pairs by its name.</summary>
    internal static PreferenceSide? Side(string? name) =>
        name switch
        {
            "chosen" => PreferenceSide.Chosen,
            "rejected" => PreferenceSide.Rejected,
            _ => null,
        };

    private static int Run(ParseResult parsed)
    {
        string? accepted = parsed.GetValue(_output);
        if (parsed.GetValue(_fix) && accepted is null)
        {
            throw new MttException("--fix: nowhere to write the repaired rows", "Give --output FILE too.");
        }

        SettingsFile settings = _settings.Load(parsed);
        Checks checks = _checks.Read(parsed, settings);
        string[] named = parsed.GetValue(_inputs)!;
        if (!parsed.GetValue(_watch))
        {
            return Check(parsed, settings, checks, checks.Find(named));
        }

        if (
            named.Contains("-")
            || accepted is not null
            || parsed.GetValue(_rejects) is not null
            || checks.Written is not null
        )
        {
            throw new MttException(
                "--watch: checks files again and again, and writes none",
                "Name files, without --output, --rejects and --write-baseline."
            );
        }

        InputWatch.Run(
            () => checks.Find([.. named, .. parsed.GetValue(_evaluation) ?? []]),
            () => Check(parsed, settings, _checks.Read(parsed, settings), checks.Find(named))
        );
        return ExitCode.Done;
    }

    private static int Check(ParseResult parsed, SettingsFile file, Checks checks, IReadOnlyList<string> named)
    {
        // What a model's template does is told from a second reading.
        string[] inputs = RemoteInputs.Files([.. named], again: parsed.GetValue(_model) is not null);
        Shard shard = CommonOptions.ShardOf(parsed, _shard);
        if (shard.Count > 1 && (checks.Written is not null || checks.Choices.Baseline is not null))
        {
            throw new MttException(
                "a baseline is of all rows, and --shard reports a part of them",
                "Leave out --baseline and --write-baseline, or --shard."
            );
        }

        string? accepted = PartOf(parsed, _output);
        string? rejects = PartOf(parsed, _rejects);
        UnfinishedFiles.RemoveOnSignals();
        OutputPaths.RefuseClash(inputs.Concat(parsed.GetValue(_evaluation) ?? []), accepted, rejects, checks.Written);
        using RowOutputs rows = new(accepted, rejects, parsed.GetValue(_force));
        List<MttException> unreadable = [];
        RowOptions settings = _rows.Read(parsed, file);
        ValidationOptions options = Options(parsed, settings) with
        {
            Findings = checks.Choices,
            Target = checks.Target,
            Unreadable = unreadable.Add,
            Accept = accepted is null ? null : rows.Accept,
            Reject = rejects is null ? null : rows.Reject,
            Shard = shard,
        };
        ValidationSummary summary = _report.Write(
            parsed,
            checks.Documentation,
            receive => new Validator(options, receive).Run(inputs)
        );
        if (unreadable.Count > 0)
        {
            unreadable.ForEach(problem => ErrorReport.Write(problem, verbose: false));
            return ExitCode.Failed;
        }

        rows.Commit();
        checks.WriteFound(parsed.GetValue(_force));
        if (!summary.Has(Severity.Error) && !_report.IsQuiet(parsed))
        {
            TemplateEffectsText.Write(
                Console.Error,
                RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer),
                inputs,
                settings
            );
        }

        return checks.Written is not null || !Fails(summary, parsed.GetValue(_failOn)!)
            ? ExitCode.Done
            : ExitCode.Findings;
    }

    private static string? PartOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } path ? CommonOptions.ShardOf(parsed, _shard).PathOf(path) : null;

    private static bool Fails(ValidationSummary summary, string failOn) =>
        failOn switch
        {
            "never" => false,
            "info" => summary.Has(Severity.Info),
            "warning" => summary.Has(Severity.Warning),
            _ => summary.Has(Severity.Error),
        };

    private static ValidationOptions Options(ParseResult parsed, RowOptions rows) =>
        new()
        {
            MaxErrors = parsed.GetValue(_maxErrors),
            MaxRowBytes = parsed.GetValue(_maxRow),
            CoreOnly = parsed.GetValue(_rules) == "core",
            Fix = parsed.GetValue(_fix),
            Duplicates = parsed.GetValue(_duplicates) switch
            {
                "none" => DuplicateMode.None,
                "all" => DuplicateMode.All,
                _ => DuplicateMode.Exact,
            },
            Similarity = parsed.GetValue(_similarity),
            Evaluation = RemoteInputs.Files(parsed.GetValue(_evaluation) ?? []),
            Model = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer) is { } folder
                ? new ModelLimits(folder, parsed.GetValue(_maxLength), rows)
                : null,
            Conversion = rows.Conversion,
            ExplainFormat = parsed.GetValue(_explain)
                ? (file, line, reason) =>
                    Console.Error.WriteLine($"{Printable.Line(file)}:{line}: {Printable.Line(reason)}")
                : null,
        };
}
