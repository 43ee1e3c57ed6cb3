using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt audit</c>: what another trainer really trains on.</summary>
internal static class AuditCommand
{
    private const string _help = """
        Say token by token what another trainer trains on: from the rows it wrote, or from its settings.

        Leaked: supervised, and not the assistant's. Lost: the assistant's, and not supervised. Prompt: another text than
        the model will be served with. Undecided: mtt cannot prove a mask of its own.
        Exit codes: 0 nothing found, 1 found, 2 could not. Known are TRL, LLaMA-Factory, ms-swift, Axolotl and Unsloth.

        Examples:
          mtt audit last_run_prepared --data chat.jsonl --model qwen3
          mtt audit --config axolotl.yaml --data chat.jsonl --model qwen3 --html audit.html
          mtt audit --config sft.json --trainer trl --data chat.jsonl --model qwen3 --allow prompt
          mtt audit --config llamafactory.yaml --model qwen3 --write corrected
          mtt audit --lock masks.lock --data chat.jsonl --model qwen3
        """;

    private static readonly Argument<string[]> _rows = new("ROWS")
    {
        Description =
            "Rows that a trainer wrote: Parquet, JSON lines or Arrow files, or folders of datasets; - is JSON lines on standard input.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private static readonly Option<string?> _config = new("--config")
    {
        Description = "The trainer's own settings, YAML or JSON, in place of rows.",
        HelpName = "FILE",
    };
    private static readonly Option<TrainerKind?> _trainer = new("--trainer")
    {
        Description = "Whose settings they are, or whose layout --write gives; told by the settings otherwise.",
    };
    private static readonly Option<string[]> _data = new("--data")
    {
        Description = "The conversations, in the trainer's format; those that the settings name otherwise.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<string?> _model = CommonOptions.ModelFolder(RowText.ModelNeeds);
    private static readonly Option<string[]> _allow = new("--allow")
    {
        Description = "Kinds or causes that may be there: lost, prompt, leaked/after-stop; repeatable.",
        HelpName = "KIND",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the report is written.",
        "text",
        "text",
        "json",
        "sarif"
    );
    private static readonly Option<string?> _html = new("--html") { Description = "Write the report as one page too." };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<string?> _write = new("--write")
    {
        Description = "Write rows with the proven mask as this trainer reads them: a folder of datasets, or .jsonl.",
        HelpName = "OUT",
    };
    private static readonly Option<string?> _trainerRows = new("--trainer-rows")
    {
        Description = "With --config, write the rows that the trainer would make, as .jsonl.",
        HelpName = "FILE",
    };
    private static readonly Option<string?> _lock = new("--lock")
    {
        Description = "Compare the masks of --data with those that mtt mask --lock wrote.",
        HelpName = "FILE",
    };
    private static readonly Option<int?> _threads = new Option<int?>("--threads")
    {
        Description = "Threads; the report never depends on it.",
    }.As<int?, RowOptions>(nameof(RowOptions.Threads));
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly SettingsOptions _settings = new();
    private static readonly RowFlags _flags = new(RowUse.Rows, _settings);

    public static Command Create()
    {
        Command command = new("audit", _help)
        {
            _rows,
            _config,
            _trainer,
            _data,
            _model,
            _allow,
            _format,
            _html,
            _output,
            _write,
            _trainerRows,
            _lock,
            _threads,
            _force,
        };
        _flags.AddTo(command);
        // The trainer's own settings are --config here; mtt's are found upwards, or named by MTT_CONFIG.
        _settings.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        UnfinishedFiles.RemoveOnSignals();
        string[] rows = RemoteInputs.Files(parsed.GetValue(_rows) ?? [], again: true);
        string? config = parsed.GetValue(_config);
        string? locked = parsed.GetValue(_lock);
        if ((rows.Length > 0 ? 1 : 0) + (config is null ? 0 : 1) + (locked is null ? 0 : 1) != 1)
        {
            throw new MttException(
                "one thing is audited at a time",
                "Name rows, or --config FILE, or --lock FILE: mtt audit ROWS --data chat.jsonl --model DIR."
            );
        }

        RowOptions options = _flags.Read(parsed, _settings.Load(parsed));
        options = options with { Threads = parsed.GetValue(_threads) ?? options.Threads };
        string[] data = RemoteInputs.Files(parsed.GetValue(_data) ?? [], again: true);
        OutputPaths.RefuseClash(
            [.. rows, .. data],
            parsed.GetValue(_html),
            parsed.GetValue(_output),
            parsed.GetValue(_write),
            parsed.GetValue(_trainerRows)
        );
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force));
        AuditJob job = new()
        {
            Rows = rows,
            Config = config,
            Trainer = parsed.GetValue(_trainer),
            Data = data,
            Model = Folder(parsed),
            Allowed = parsed.GetValue(_allow) ?? [],
            Write = parsed.GetValue(_write),
            TrainerRows = parsed.GetValue(_trainerRows),
            Html = parsed.GetValue(_html),
            Force = parsed.GetValue(_force),
        };
        AuditReport report = locked is null ? job.Execute(options) : Locked(locked, parsed, options);
        Write(output, parsed.GetValue(_format)!, report);
        if (job.CorrectedSettings is { } settings)
        {
            Console.Error.WriteLine(
                $"{Counted.Of(job.CorrectedCount, "corrected row")} written to {job.Write}; to train on them:\n  {settings}"
            );
        }

        return report.HasFindings ? ExitCode.Findings : ExitCode.Done;
    }

    private static void Write(ResultOutput output, string format, AuditReport report)
    {
        switch (format)
        {
            case "json":
                output.Text.Write(report.ToJson());
                break;
            case "sarif":
                output.Text.Write(report.ToSarif());
                break;
            default:
                AuditText.Write(output.ColouredText, output.HasColour, report);
                break;
        }

        output.Commit();
    }

    private static string? Folder(ParseResult parsed) =>
        parsed.GetValue(_model) is { } model ? RemoteInputs.Folder(model, ModelNeed.Tokenizer) : null;

    private static AuditReport Locked(string path, ParseResult parsed, RowOptions options)
    {
        string[] data = RemoteInputs.Files(parsed.GetValue(_data) ?? [], again: true);
        if (data.Length == 0 || Folder(parsed) is not { } model)
        {
            throw new MttException("a lock is compared with data and a model", "Name them: --data FILE --model DIR.");
        }

        return MaskLock.Compare(path, data, model, options, parsed.GetValue(_allow) ?? []);
    }
}
