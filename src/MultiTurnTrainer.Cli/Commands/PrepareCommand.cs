using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;
using MultiTurnTrainer.Cli.Validation;
using MultiTurnTrainer.Inference.Artefacts;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt prepare</c>: one canonical data set of many files.</summary>
internal static class PrepareCommand
{
    private const string _help = """
        Make one canonical data set: convert, repair, filter, deduplicate, split, shard.

        Rows with errors are left out, counted, and listed in rejects.jsonl; duplicates and filtered rows are listed in
        left-out.jsonl. Conversations that begin alike stay in one split. The same inputs and options give the same bytes; a finished run is not repeated.

        Examples:
          mtt prepare raw/*.json --output data --split train=0.95,test=0.05
          mtt prepare raw.jsonl --output data --filter "turns >= 2 and has_system" --near-duplicates 0.8
          mtt prepare raw.jsonl --output data --shard 3/8
          mtt prepare chats.jsonl tools.jsonl --output data --weights 1,2.5
          mtt prepare raw.jsonl --output data --policy support --model qwen3
          mtt prepare raw.jsonl --output data --policy mine.yaml --model qwen3 --endpoint http://localhost:8000/v1 --budget-tokens 500000
          mtt prepare raw.jsonl --output data --redact --redact-field customer_name

        With --policy every answer stands in the context it will meet when it is served: context.json has the sums.
        What a policy asks of models is kept in --artefacts (default: artefacts.jsonl in the output folder) and never made
        twice: a run that was stopped goes on from there, and a run without --endpoint takes what is there.
        With --redact values become placeholders such as [EMAIL_1], the same for the same value; redacted.jsonl says where they stood.
        """;

    private const int MostCopies = 1000;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs("Conversation files in any format.");

    private static readonly Option<string> _output = CommonOptions.Required(
        CommonOptions.Output("The folder to write to.", folder: true)
    );

    private static readonly Option<string?> _split = new("--split")
    {
        Description = "Names and shares, such as train=0.9,test=0.1.",
    };

    private static readonly Option<ulong> _seed = new("--split-seed")
    {
        Description = "Changes which rows fall into which split.",
    };

    private static readonly Option<string?> _filter = new("--filter")
    {
        Description = "Keep rows for which this holds, such as: turns >= 2 and not text contains \"lorem\".",
    };

    private static readonly Option<string?> _weights = new("--weights")
    {
        Description =
            "Mix the inputs: how often the rows of each are taken, in their order, such as 1,0.5,2 (only into the first part of --split).",
        HelpName = "NUMBER,…",
    };

    private static readonly Option<bool> _keep = new("--keep-duplicates")
    {
        Description = "Keep equal conversations and beginnings of others.",
    };

    private static readonly Option<double?> _near = new Option<double?>("--near-duplicates")
    {
        Description = "Leave out rows at least so similar to an earlier one, from 0.3 to 1, such as 0.8.",
    }.Between(CommonOptions.LeastSimilarity, 1);

    private static readonly Option<string?> _preference = CommonOptions.Preference();

    private static readonly Option<string?> _shard = CommonOptions.ShardOption("Write part i of n (0/n to n-1/n)");

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How rows are written.",
        "jsonl",
        "jsonl",
        "parquet"
    );

    private static readonly Option<string?> _policy = CommonOptions.Policy();

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "With --policy: the folder whose template and tokenizer the prompts are for."
    );

    private static readonly ArtefactOptions _artefacts = new();
    private static readonly RedactOptions _redact = new();
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("prepare", _help)
        {
            _inputs,
            _output,
            _split,
            _seed,
            _filter,
            _weights,
            _keep,
            _near,
            _preference,
            _shard,
            _format,
            _policy,
            _model,
            _force,
        };
        _artefacts.AddTo(command);
        _redact.AddTo(command);
        SettingsOptions settings = _artefacts.ShowIn(new SettingsOptions());
        RowFlags rows = new(RowUse.Rendering, settings);
        rows.AddTo(command);
        settings.AddTo(command);
        command.SetAction(parsed => Run(parsed, settings, rows));
        return command;
    }

    private static int Run(ParseResult parsed, SettingsOptions settings, RowFlags rows)
    {
        UnfinishedFiles.RemoveOnSignals();
        (string[] inputs, double[] weights) = Mixed(parsed.GetValue(_inputs)!, parsed.GetValue(_weights));
        using PolicyRows? policy = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer) is { } folder
            ? Policy(folder, parsed, settings.Load(parsed), rows)
            : RequireNoPolicy(parsed.GetValue(_policy));
        try
        {
            return Prepare(parsed, inputs, weights, policy);
        }
        catch (ArtefactBudgetException problem)
        {
            Console.Error.Write(Printable.Of($"{problem.Message}; nothing was written but what models made\n"));
            Console.Error.Write($"{policy!.Artefacts}  hint: {problem.Remedy}\n");
            return ExitCode.Stopped;
        }
    }

    private static PolicyRows Policy(string folder, ParseResult parsed, SettingsFile settings, RowFlags rows) =>
        PolicyRows.Load(
            folder,
            parsed.GetValue(_policy),
            settings,
            rows.Read(parsed),
            policy =>
                _artefacts.Open(parsed, settings, [policy], Path.Combine(parsed.GetValue(_output)!, "artefacts.jsonl"))
        );

    private static int Prepare(ParseResult parsed, string[] inputs, double[] weights, PolicyRows? policy)
    {
        PrepareOptions options = new()
        {
            Output = parsed.GetValue(_output)!,
            Splits = parsed.GetValue(_split) is { } split ? Split.Parse(split) : [],
            SplitSeed = parsed.GetValue(_seed),
            Filter = parsed.GetValue(_filter),
            Weights = weights,
            Deduplicate = !parsed.GetValue(_keep),
            NearDuplicates = parsed.GetValue(_near),
            Preference = ValidateCommand.Side(parsed.GetValue(_preference)),
            Shard = CommonOptions.ShardOf(parsed, _shard),
            Parquet = parsed.GetValue(_format) == "parquet",
            Policy = policy?.Fingerprint,
            RedactFields = _redact.Fields(parsed),
            Force = parsed.GetValue(_force),
        };
        Func<string, bool, IRowOutput> open = options.Parquet
            ? (path, force) => new ParquetRowOutput(path, force)
            : (path, force) => new JsonLinesOutput(path, force);
        Preparer preparer = new(options, policy is null ? open : (path, force) => policy.Wrap(open(path, force)));
        PreparedCounts? counts = preparer.Run(inputs);
        Console.Error.Write(
            counts is null ? Printable.Of($"already prepared: {preparer.ManifestPath}\n") : Report(counts, options)
        );
        if (counts is not null && policy is not null)
        {
            Console.Error.Write(policy.Finish(Path.Combine(options.Output, $"context{options.Shard.Suffix}.json")));
        }

        return ExitCode.Done;
    }

    /// <summary>The files behind the inputs with their weights: those of one address on the hub share its own.</summary>
    private static (string[] Files, double[] Weights) Mixed(string[] given, string? text)
    {
        if (text is null)
        {
            return (RemoteInputs.Files(given, again: true), []);
        }

        string[] words = text.Split(',', StringSplitOptions.TrimEntries);
        if (words.Length != given.Length || !words.All(word => Weight(word) is not null))
        {
            throw new MttException(
                $"--weights {text}: {Counted.Of(given.Length, "input")} need as many numbers from 0 to {MostCopies}",
                "Such as --weights 1,0.5 for two inputs: every row of the first, half of the second's."
            );
        }

        List<string> files = [];
        List<double> weights = [];
        foreach ((string name, string word) in given.Zip(words))
        {
            string[] resolved = RemoteInputs.Files([name], again: true);
            files.AddRange(resolved);
            weights.AddRange(resolved.Select(_ => Weight(word)!.Value));
        }

        return ([.. files], [.. weights]);
    }

    private static double? Weight(string word) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
        && weight is >= 0 and <= MostCopies
            ? weight
            : null;

    private static PolicyRows? RequireNoPolicy(string? policy) =>
        policy is null
            ? null
            : throw new MttException(
                "--policy counts in a model's own tokens and asks its template",
                "Give its folder with --model DIR."
            );

    private static string Report(PreparedCounts counts, PrepareOptions options)
    {
        string listed = $"listed in {Path.Combine(options.Output, $"left-out{options.Shard.Suffix}.jsonl")}";
        List<(long Rows, string What)> lines =
        [
            (counts.Read, "read"),
            (
                counts.Rejected,
                $"rejected for errors ({Join(counts.Errors)}), listed in {Path.Combine(options.Output, $"rejects{options.Shard.Suffix}.jsonl")}"
            ),
            (counts.Filtered, $"left out by --filter, {listed}"),
            (counts.Duplicates, $"equal to an earlier row, {listed}"),
            (counts.Prefixes, $"the beginning of another row, {listed}"),
            (counts.NearDuplicates, $"nearly equal to an earlier row{Sampled(counts)}, {listed}"),
            (counts.Unredactable, $"whose weights begin or end inside what is redacted, {listed}"),
            (counts.Unweighted, $"left out by --weights, {listed}"),
            (counts.Repeated, "written once more by --weights"),
            (counts.OtherShards, "of other shards"),
            .. counts.Rewrites.Select(pair => (pair.Value, $"rewritten: {pair.Key}")),
            .. counts.Written.Select(pair =>
                (pair.Value, $"written to {Path.Combine(options.Output, options.FileName(pair.Key))}")
            ),
        ];
        string redacted = Path.Combine(options.Output, $"redacted{options.Shard.Suffix}.jsonl");
        return string.Concat(
                lines
                    .Where(line =>
                        line.Rows > 0
                        || line.What == "read"
                        || line.What.StartsWith("written", StringComparison.Ordinal)
                    )
                    .Select(line =>
                        Invariant(
                            $"{line.Rows, 10:N0} {(line.Rows == 1 ? "row " : "rows")} {Printable.Line(line.What)}\n"
                        )
                    )
            ) + (options.RedactFields is null ? "" : RedactOptions.Report(counts.Redacted, redacted));
    }

    private static string Sampled(PreparedCounts counts) =>
        counts.NearSample is { } sample ? Invariant($" (judged by samples of {sample:N0} word triples)") : "";

    private static string Join(SortedDictionary<string, long> codes) =>
        string.Join(", ", codes.Select(pair => Invariant($"{pair.Key} {pair.Value}")));
}
