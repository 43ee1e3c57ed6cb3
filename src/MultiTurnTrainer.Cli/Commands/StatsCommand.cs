using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Cli.Validation;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt stats</c>: what is in the data.</summary>
internal static class StatsCommand
{
    private const string _help = """
        Show what is in the data: lengths, turns, what is supervised, tools, duplicates, findings.

        Examples:
          mtt stats train.jsonl
          mtt stats train.jsonl --model qwen3 --max-length 4096
          mtt stats train.jsonl --format json
          mtt stats train.jsonl --html stats.html
          mtt stats train.jsonl --policy mine.yaml      how far answers are from the policy's tone
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Conversation files; - is standard input."
    );
    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Model folder: counts the tokens of the rows that mtt mask makes, instead of characters."
    );
    private static readonly Option<int?> _maxLength = new Option<int?>("--max-length")
    {
        Description = "Show what whole-turn truncation to this length leaves.",
    }.AtLeast(1);
    private static readonly Option<string?> _policy = CommonOptions.Policy();
    private static readonly SettingsOptions _settings = new();
    private static readonly RowFlags _rows = new(RowUse.Report, _settings);
    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the report is written.",
        "text",
        "text",
        "json"
    );
    private static readonly Option<string?> _html = new("--html")
    {
        Description = "Write one self-contained page with plots.",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("stats", _help) { _inputs, _model, _maxLength, _policy, _format, _html, _output, _force };
        _rows.AddTo(command);
        _settings.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string? folder = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer);
        int? limit = parsed.GetValue(_maxLength);
        string[] files = RemoteInputs.Files(parsed.GetValue(_inputs)!);
        OutputPaths.RefuseClash(files, parsed.GetValue(_html), parsed.GetValue(_output));
        SettingsFile settings = _settings.Load(parsed);
        RowOptions rows = _rows.Read(parsed, settings);
        ToneSums tone = new();
        StatisticsOptions options = new()
        {
            Model = folder is null ? null : new ModelLimits(folder, limit, rows),
            Measure = folder is null ? null : ModelLimits.Measure(folder, limit, rows),
            MaxLength = limit,
            Truncate = Truncated,
            Conversion = rows.Conversion,
            Follow = ToneText.Follower(settings.Policy(parsed.GetValue(_policy)), settings, tone),
        };
        using OutputFile? page = parsed.GetValue(_html) is { } path
            ? OutputFile.Create(path, parsed.GetValue(_force))
            : null;
        DatasetStatistics statistics = new StatisticsCollector(options).Run(files);
        page?.Stream.Write(Encoding.UTF8.GetBytes(StatisticsPage.Write(statistics, files)));
        bool json = parsed.GetValue(_format) == "json";
        string text = json
            ? StatisticsJson.Write(statistics, tone.Answers > 0 ? tone.ToJson() : null)
            : StatisticsTable.Write(statistics) + ToneText.Of(tone);
        ResultOutput.Write(text, parsed.GetValue(_output), parsed.GetValue(_force));
        page?.Commit();
        return ExitCode.Done;
    }

    /// <summary>What dropping the oldest turns leaves, as <c>mtt mask</c> does it.</summary>
    private static int? Truncated(IReadOnlyList<Role> roles, IReadOnlyList<int> lengths, int limit)
    {
        IReadOnlyList<Turn> turns = Turn.Of(roles);
        return TurnTruncation.TurnsToDrop(turns, lengths, lengths.Sum(), limit) is { } dropped
            ? TurnTruncation.Kept(lengths.Count, turns, dropped).Sum(message => lengths[message])
            : null;
    }
}
