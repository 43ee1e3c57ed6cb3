using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Validation;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt validate</c>: findings, and an exit code for CI.</summary>
internal static class ValidateCommand
{
    private const string _help = """
        Check conversation files and report every finding.

        Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not read.

        Examples:
          mtt validate data/*.jsonl
          mtt validate train.jsonl.gz --format sarif > findings.sarif
          mtt validate raw.jsonl --fix --output good.jsonl --rejects bad.jsonl
          mtt validate train.jsonl --eval test.jsonl --duplicates all
          zcat train.jsonl.gz | mtt validate - --fail-on warning
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Files to check (JSONL, JSON, CSV, Parquet; plain, gzip or zstd); - is standard input."
    );

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the report is written.",
        "text",
        [.. FindingRenderer.Formats]
    );

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

    private static readonly Option<string[]> _ignore = new("--ignore")
    {
        Description = "Codes to leave out, such as MTT113.",
        AllowMultipleArgumentsPerToken = true,
    };

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

    private static readonly RowFlags _rows = new(RowUse.Report);

    private static readonly Option<bool> _fix = new("--fix")
    {
        Description = "Repair what is safe before judging; needs --output.",
    };

    private static readonly Option<string?> _output = CommonOptions.Output("Write the rows without errors.");

    private static readonly Option<string?> _rejects = new("--rejects")
    {
        Description = "Write the rows with errors: original text and reasons.",
    };

    private static readonly Option<bool> _force = CommonOptions.Force();

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
            _format,
            _failOn,
            _maxErrors,
            _rules,
            _ignore,
            _duplicates,
            _similarity,
            _evaluation,
            _model,
            _maxLength,
            _fix,
            _output,
            _rejects,
            _force,
            _explain,
            _maxRow,
        };
        _rows.AddTo(command);
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

        // What a model's template does is told from a second reading.
        string[] inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!, again: parsed.GetValue(_model) is not null);
        UnfinishedFiles.RemoveOnSignals();
        OutputPaths.RefuseClash(inputs.Concat(parsed.GetValue(_evaluation) ?? []), accepted, parsed.GetValue(_rejects));
        using RowOutputs rows = new(accepted, parsed.GetValue(_rejects), parsed.GetValue(_force));
        List<MttException> unreadable = [];
        RowOptions settings = _rows.Read(parsed);
        ValidationOptions options = Options(parsed, settings) with
        {
            Unreadable = unreadable.Add,
            Accept = accepted is null ? null : rows.Accept,
            Reject = parsed.GetValue(_rejects) is null ? null : rows.Reject,
        };
        using StreamWriter output = new(CleanJsonStream.OpenOutput(), bufferSize: 1 << 16) { NewLine = "\n" };
        FindingRenderer renderer = FindingRenderer.Create(parsed.GetValue(_format)!, output);
        renderer.Begin();
        ValidationSummary summary = new Validator(options, renderer.Write).Run(inputs);
        renderer.End(summary);
        if (unreadable.Count > 0)
        {
            output.Flush();
            unreadable.ForEach(problem => ErrorReport.Write(problem, verbose: false));
            return ExitCode.Failed;
        }

        rows.Commit();
        if (!summary.Has(Severity.Error))
        {
            TemplateEffectsText.Write(
                Console.Error,
                RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer),
                inputs,
                settings
            );
        }

        return parsed.GetValue(_failOn) switch
        {
            "never" => ExitCode.Done,
            "info" => summary.Has(Severity.Info) ? ExitCode.Findings : ExitCode.Done,
            "warning" => summary.Has(Severity.Warning) ? ExitCode.Findings : ExitCode.Done,
            _ => summary.Has(Severity.Error) ? ExitCode.Findings : ExitCode.Done,
        };
    }

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
            Severities = Severities(parsed.GetValue(_ignore) ?? []),
            ExplainFormat = parsed.GetValue(_explain)
                ? (file, line, reason) =>
                    Console.Error.WriteLine($"{Printable.Line(file)}:{line}: {Printable.Line(reason)}")
                : null,
        };

    private static Dictionary<string, Severity?> Severities(string[] ignored)
    {
        Dictionary<string, Severity?> severities = new(StringComparer.Ordinal);
        foreach (string code in ignored.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries)))
        {
            RuleInfo rule =
                Catalogue.Find(code)
                ?? throw new MttException($"--ignore {code}: there is no such code", "mtt explain lists all codes.");
            severities[rule.Code] = null;
        }

        return severities;
    }
}
