using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt clean</c>: history-cleaned references from logged conversations.</summary>
internal static class CleanCommand
{
    private const string _help = """
        Write one record per logged assistant message: the context it was given in, the same context cleaned of earlier
        replies, and the message. Training on it (mtt train --objective distill-offline) is off-policy history cleaning,
        not MAIGO, which samples from the model in training (--objective maigo).

        Examples:
          mtt clean chats.jsonl --output cleaned.jsonl
          mtt clean chats.jsonl --output cleaned.jsonl --back-references drop --corrections repair
          mtt clean chats.jsonl --output cleaned.jsonl --model Llama-2-7b-chat     its template demands alternation: merges
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Conversations, in any format that mtt reads."
    );

    private static readonly Option<string> _output = CommonOptions.Required(
        CommonOptions.Output("The records, .jsonl; a manifest is written beside it.")
    );

    private static readonly Option<BackReferences?> _backReferences = new("--back-references")
    {
        Description =
            "User turns that refer back to a removed reply: keep that reply (default), clean, or drop the record.",
    };

    private static readonly Option<Corrections?> _corrections = new("--corrections")
    {
        Description = "User turns that correct earlier ones: mark them (default), or repair the earlier ones.",
    };

    private static readonly Option<ToolExchanges?> _tools = new("--tool-exchanges")
    {
        Description = "Earlier tool calls with their results: drop (default) or keep them.",
    };

    private static readonly Option<ConsecutiveUsers?> _users = new("--consecutive-users")
    {
        Description = "User messages left side by side: keep them apart (default), or merge them.",
    };

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Choose --consecutive-users by this model's template: merge where it demands alternation. What else it does is reported."
    );

    private static readonly Option<bool> _noCanonical = new("--no-canonical-task")
    {
        Description = "Do not restate the whole task at the answer turn.",
    };

    private static readonly Option<string?> _shard = CommonOptions.ShardOption();
    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly SettingsOptions _settings = new SettingsOptions()
        .Shows(_backReferences, "clean.back_references")
        .Shows(_corrections, "clean.corrections")
        .Shows(_tools, "clean.tool_exchanges")
        .Shows(_users, "clean.consecutive_users")
        .Shows(_noCanonical, "clean.canonical_task", _ => "false");
    private static readonly RowFlags _rows = new(
        RowUse.Rendering | RowUse.Reading | RowUse.Targets | RowUse.Effects,
        _settings
    );

    public static Command Create()
    {
        Command command = new("clean", _help)
        {
            _inputs,
            _output,
            _backReferences,
            _corrections,
            _tools,
            _users,
            _model,
            _noCanonical,
            _shard,
            _force,
        };
        _rows.AddTo(command);
        _settings.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancellation)
    {
        SettingsFile file = _settings.Load(parsed);
        RowOptions rows = _rows.Read(parsed, file);
        CleaningSettings settings = file.Section<CleaningSettings>("clean");
        settings = new CleaningSettings
        {
            BackReferences = parsed.GetValue(_backReferences) ?? settings.BackReferences,
            Corrections = parsed.GetValue(_corrections) ?? settings.Corrections,
            ToolExchanges = parsed.GetValue(_tools) ?? settings.ToolExchanges,
            ConsecutiveUsers = parsed.GetValue(_users) ?? ByTemplate(parsed, rows) ?? settings.ConsecutiveUsers,
            CanonicalTask = settings.CanonicalTask && !parsed.GetValue(_noCanonical),
        };
        Shard shard = CommonOptions.ShardOf(parsed, _shard);
        string output = shard.PathOf(parsed.GetValue(_output)!);
        string[] inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!, again: true);
        CleaningCounts counts = CleaningRun.Run(
            inputs,
            output,
            settings,
            rows.Conversion,
            Unrendered(parsed, rows),
            shard,
            parsed.GetValue(_force),
            cancellation
        );
        Report(counts, output);
        TemplateEffectsText.Write(Console.Error, ReadModel(parsed), inputs, rows);
        return ExitCode.Done;
    }

    private static string? ReadModel(ParseResult parsed) =>
        RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer);

    // Without the flag such an answer stays, and training on it refuses it.
    private static Func<Conversation, IReadOnlyCollection<int>>? Unrendered(ParseResult parsed, RowOptions rows) =>
        rows.DropUnrenderedAnswers && ReadModel(parsed) is { } folder
            ? new RowRenderer(RowModel.Load(folder, rows).Template, rows).Unrendered
            : null;

    private static ConsecutiveUsers? ByTemplate(ParseResult parsed, RowOptions rows) =>
        ReadModel(parsed) is { } folder ? new ChatEncoder(RowModel.Load(folder, rows)).ChooseConsecutiveUsers() : null;

    private static void Report(CleaningCounts counts, string output)
    {
        TextWriter error = Console.Error;
        error.WriteLine(
            Printable.Of(
                $"{Counted.Of(counts.Records, "record")} ({List(counts.Kinds)}) from {Counted.Of(counts.Conversations, "conversation")} in {output}"
            )
        );
        error.WriteLine(
            $"references: {List(counts.Policies)}; {Counted.Of(counts.RemovedMessages, "message")} removed"
        );
        error.WriteLine(
            Printable.Of(
                $"user turns: {counts.BackReferences} refer back to a reply, {counts.CorrectingTurns} correct an earlier one"
            )
        );
        if (counts.LeftOut.Count > 0)
        {
            error.WriteLine(Printable.Of($"left out: {List(counts.LeftOut)}"));
        }

        if (counts.WithoutReply > 0)
        {
            error.WriteLine(
                Printable.Of(
                    $"{Counted.Of(counts.WithoutReply, "conversation holds", "conversations hold")} no assistant message"
                )
            );
        }

        error.WriteLine(Printable.Of($"note: {CleaningRun.Note}"));
    }

    private static string List(IReadOnlyDictionary<string, long> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.Select(pair => $"{pair.Value} {pair.Key}"));
}
