using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt context</c>: what prompts hold under a policy, turn by turn.</summary>
internal static class ContextCommand
{
    private const string _help = """
        Show what the prompt of every call holds under a context policy: tokens of each part, what went and why.

        Examples:
          mtt context chat.jsonl --policy support --model qwen3
          mtt context chat.jsonl --policy mine.yaml --model qwen3 --window 4096 --items
          mtt context chat.jsonl --compare support mine.yaml --model qwen3 --price 0.5 --cached-price 0.05
          mtt context chat.jsonl --policy mine.yaml --model qwen3 --check
          mtt context questions.jsonl --policy mine.yaml --recall
          mtt context chat.jsonl --policy support --encoding o200k_base.tiktoken --window 128000

        --check replays every conversation and exits with 1 where a prompt loses a constraint, splits a call from its
        results, exceeds the budget or lacks the system prompt: a test of policies for CI.
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Conversation files; - is standard input."
    );

    private static readonly Option<string?> _policy = CommonOptions.Policy();

    private static readonly Option<string[]> _compare = new("--compare")
    {
        Description = "Policies side by side, beside naive, which keeps everything.",
        HelpName = "NAME|FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(RowText.ModelNeeds);

    private static readonly Option<string?> _encoding = new("--encoding")
    {
        Description = "The encoding of a hosted model, such as o200k_base.tiktoken: tokens are estimates.",
        HelpName = "FILE",
    };

    private static readonly Option<int?> _window = new Option<int?>("--window")
    {
        Description = "Tokens the model takes; default: the policy's, else the model's.",
    }.AtLeast(16);

    private static readonly Option<bool> _check = new("--check")
    {
        Description = "Exit with 1 where a prompt has a fault.",
    };

    private static readonly Option<int> _show = CommonOptions.Number(
        "--show",
        "How many conversations to show turn by turn; 0 shows none.",
        1,
        least: 0
    );

    private static readonly Option<bool> _items = new("--items") { Description = "List every item of every prompt." };

    private static readonly Option<bool> _recall = new("--recall")
    {
        Description = "Ask labelled questions (metadata.retrieval): what the policy's retrieval finds, by method.",
    };

    private static readonly Option<double?> _price = new Option<double?>("--price")
    {
        Description = "Price of a million prompt tokens, for --compare.",
    }.Between(NumberBounds.AboveZero, 1e9);

    private static readonly Option<double?> _cachedPrice = new Option<double?>("--cached-price")
    {
        Description =
            "Price of a million prompt tokens that a prefix cache holds; 0 where they are free. Default: --price.",
    }.Between(0, 1e9);

    private static readonly ArtefactOptions _artefacts = new();

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How it is written.",
        "text",
        "text",
        "json"
    );

    private static readonly Option<string?> _html = new("--html")
    {
        Description =
            "Write one self-contained page: the sums of every policy, and the first conversations (--show) turn by turn, policies side by side.",
        HelpName = "FILE",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        SettingsOptions settings = _artefacts.ShowIn(new SettingsOptions());
        RowFlags rows = new(RowUse.Rendering, settings);
        Command command = new("context", _help)
        {
            _inputs,
            _policy,
            _compare,
            _model,
            _encoding,
            _window,
            _check,
            _show,
            _items,
            _recall,
            _price,
            _cachedPrice,
            _format,
            _html,
            _output,
            _force,
        };
        _artefacts.AddTo(command);
        rows.AddTo(command);
        settings.AddTo(command);
        command.SetAction(
            (parsed, cancellation) =>
                parsed.GetValue(_recall)
                    ? RecallAsync(parsed, settings.Load(parsed), cancellation)
                    : RunAsync(parsed, settings.Load(parsed), rows, cancellation)
        );
        return command;
    }

    private static async Task<int> RecallAsync(ParseResult parsed, SettingsFile file, CancellationToken cancellation)
    {
        if (
            new Option[] { _compare, _check, _show, _items, _price, _cachedPrice, _format, _html }.FirstOrDefault(
                option => parsed.GetResult(option) is { Implicit: false }
            ) is
            { } idle
        )
        {
            throw new MttException(
                $"{idle.Name} does nothing with --recall",
                "Leave it out, or ask for prompts without --recall."
            );
        }

        ContextPolicy policy = Policies(parsed, file, [])[0].Policy;
        using PolicyArtefacts artefacts = _artefacts.Open(parsed, file, [policy], null);
        string[] inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!);
        OutputPaths.RefuseClash(inputs, parsed.GetValue(_output));
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force));
        RecallText text = new(policy.Retrieval ?? new RetrievalPolicy(), artefacts);
        Conversation[] conversations = [.. inputs.SelectMany(path => ConversationReader.Read(path))];
        output.Text.Write(await text.WriteAsync(conversations, cancellation));
        Console.Error.Write(artefacts.Finish());
        output.Commit();
        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(
        ParseResult parsed,
        SettingsFile file,
        RowFlags rows,
        CancellationToken cancellation
    )
    {
        string[] compared = parsed.GetValue(_compare) ?? [];
        (string Name, ContextPolicy Policy)[] policies = Policies(parsed, file, compared);
        using PolicyArtefacts artefacts = _artefacts.Open(parsed, file, policies.Select(named => named.Policy), null);
        Func<ContextPolicy, IArtefacts?, PolicyModel> load = Loader(parsed, rows.Read(parsed, file));
        List<(string Name, ContextReplay Replay)> replays =
        [
            .. policies.Select(named => (named.Name, new ContextReplay(load(named.Policy, artefacts.Found)))),
        ];
        string[] inputs = RemoteInputs.Files(parsed.GetValue(_inputs)!);
        OutputPaths.RefuseClash(inputs, parsed.GetValue(_html), parsed.GetValue(_output));
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force));
        bool asJson = parsed.GetValue(_format) == "json";
        ContextText text = new(asJson ? TextWriter.Null : output.Text, parsed.GetValue(_items));
        ContextJson json = new();
        int show = parsed.GetValue(_check) || compared.Length > 0 ? 0 : parsed.GetValue(_show);
        string? html = parsed.GetValue(_html);
        ContextPage page = new(html is null ? 0 : parsed.GetValue(_show));
        async Task Complete(PolicyModel model, Conversation conversation)
        {
            if (artefacts.Maker is { } maker)
            {
                await ArtefactCompletion.CompleteAsync(model, conversation, maker, cancellation);
                await ArtefactCompletion.MeasureAsync(model, conversation, maker, cancellation);
            }
        }

        long faults = await ReplayAsync(inputs, replays, show, text, json, page, Complete);
        Console.Error.Write(artefacts.Finish());
        if (asJson)
        {
            output.Text.WriteLine(json.Finish(replays));
        }
        else if (compared.Length > 0)
        {
            text.Comparison(replays, parsed.GetValue(_price), parsed.GetValue(_cachedPrice));
        }
        else
        {
            text.Totals(replays[0].Replay);
        }

        if (html is not null)
        {
            OutputFile.WriteAllBytes(html, Encoding.UTF8.GetBytes(page.Finish(replays)), parsed.GetValue(_force));
        }

        output.Commit();
        return faults > 0 && (parsed.GetValue(_check) || replays.Any(replay => replay.Replay.Report.Refused > 0))
            ? ExitCode.Findings
            : ExitCode.Done;
    }

    private static (string Name, ContextPolicy Policy)[] Policies(
        ParseResult parsed,
        SettingsFile file,
        string[] compared
    )
    {
        string? name = parsed.GetValue(_policy);
        return compared.Length > 0
            ? [.. compared.Prepend(PolicyPresets.Naive).Distinct().Select(one => (one, PolicyFile.Load(one)))]
            : [(name ?? "default", file.Policy(name) ?? new ContextPolicy())];
    }

    private static Func<ContextPolicy, IArtefacts?, PolicyModel> Loader(ParseResult parsed, RowOptions options)
    {
        int? window = parsed.GetValue(_window);
        if (RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer) is { } folder)
        {
            RowModel model = RowModel.Load(folder, options);
            return (policy, artefacts) => new PolicyModel(policy, model, window) { Artefacts = artefacts };
        }

        string encoding =
            parsed.GetValue(_encoding)
            ?? throw new MttException(
                "tokens are counted by a model's own tokenizer, and none is named",
                "Give --model DIR, or --encoding FILE for a hosted model."
            );
        Tokenizer tokenizer = Tokenizer.Load(encoding);
        return (policy, artefacts) => new PolicyModel(policy, tokenizer, window) { Artefacts = artefacts };
    }

    /// <summary>Replays every conversation under every policy.</summary>
    /// <returns>Faults and refusals.</returns>
    private static async Task<long> ReplayAsync(
        string[] inputs,
        List<(string Name, ContextReplay Replay)> replays,
        int show,
        ContextText text,
        ContextJson json,
        ContextPage page,
        Func<PolicyModel, Conversation, Task> complete
    )
    {
        long faults = 0;
        int number = 0;
        foreach (Conversation conversation in inputs.SelectMany(path => ConversationReader.Read(path)))
        {
            bool isShown = number++ < show;
            foreach ((string name, ContextReplay replay) in replays)
            {
                await complete(replay.Model, conversation);
                page.Begin(name, replay.Model, conversation);
                if (isShown)
                {
                    text.Begin(name, replay.Model, conversation);
                    json.Begin(name, conversation);
                }

                try
                {
                    foreach (ReplayedCall call in replay.Run(conversation))
                    {
                        page.Call(call);
                        if (isShown)
                        {
                            text.Call(call);
                            json.Call(call);
                        }

                        foreach (string fault in call.Faults)
                        {
                            faults++;
                            Console.Error.WriteLine(
                                Printable.Of($"{conversation.Place}: turn {call.Prompt.Plan.Turn + 1}: {fault}")
                            );
                        }
                    }
                }
                catch (MttException problem) when (problem is not ArtefactMissingException)
                {
                    faults++;
                    replay.Report.Refused++;
                    Console.Error.WriteLine(Printable.Of($"{problem.Message}\n  hint: {problem.Remedy}"));
                }
            }
        }

        return faults;
    }
}
