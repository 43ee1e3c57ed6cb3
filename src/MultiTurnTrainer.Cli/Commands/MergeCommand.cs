using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt merge</c>: a model folder with an adapter worked into its weights, or one adapter made of several.</summary>
internal static class MergeCommand
{
    private const string _help = """
        Merge a LoRA adapter into its base: computed in float32, rounded once to the type the base is stored in. Or make one
        adapter of several, by weights.

        Examples:
          mtt merge --model Qwen3-0.6B --adapter out/adapter --output merged
          mtt merge --adapter support --adapter style --weights 0.7,0.3 --method cat --output both
          mtt merge --adapter support --adapter style --weights 0.7,0.3 --method ties --density 0.5 --model Qwen3-0.6B --output merged

        Weights keep their names and files; a tied head that the adapter changes gets a weight of its own. The report
        names the largest difference between the adapter's logits and the merged model's on a probe of random tokens, and
        whether it is usual for the type the weights are rounded to. Methods are PEFT's: cat is exactly the weighted sum, its rank
        the sum of the ranks; svd cuts that to a rank; linear, ties, dare_linear, dare_ties and magnitude_prune add the matrices
        up, and are not the weighted sum of the changes; with _svd behind them they work on the changes. Without --model an
        adapter is written.
        """;

    private static readonly Option<string?> _model = CommonOptions.ModelFolder(ModelOptions.Needs);
    private static readonly Option<string[]> _adapters = new("--adapter", "-a")
    {
        Description = "LoRA adapter in PEFT's layout, a folder or a name on the hub; repeatable.",
        HelpName = "DIR|ORG/NAME",
        Required = true,
    };
    private static readonly Option<string?> _weights = new("--weights")
    {
        Description = "How much of each adapter, in their order; default: 1 of each.",
        HelpName = "X,X,…",
    };
    private static readonly Option<string> _method = CommonOptions.Choice(
        "--method",
        "How several adapters become one.",
        "cat",
        [.. Enum.GetValues<CombinationMethod>().Select(Name)]
    );
    private static readonly Option<double?> _density = new Option<double?>("--density")
    {
        Description = "The share of values that ties, dare and magnitude_prune keep.",
    }.Between(NumberBounds.AboveZero, 1);
    private static readonly Option<string> _sign = CommonOptions.Choice(
        "--majority-sign",
        "What elects a sign in ties: the sum of the values or how many there are.",
        "total",
        "total",
        "frequency"
    );
    private static readonly Option<int?> _rank = new Option<int?>("--svd-rank")
    {
        Description = "The rank that svd methods cut to; default: the largest of the adapters'.",
    }.AtLeast(1);
    private static readonly Option<double?> _clamp = new Option<double?>("--svd-clamp")
    {
        Description = "The quantile beyond which svd methods cut values off.",
    }.Between(NumberBounds.AboveZero, 1);
    private static readonly Option<long> _seed = CommonOptions.Number("--seed", "Seeds what dare drops.", 0L, least: 0);
    private static readonly Option<string> _output = CommonOptions.Required(
        CommonOptions.Output("The folder to write.", folder: true)
    );
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("merge", _help)
        {
            _model,
            _adapters,
            _weights,
            _method,
            _density,
            _sign,
            _rank,
            _clamp,
            _seed,
            _output,
            _force,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] adapters =
        [
            .. parsed.GetValue(_adapters)!.Select(adapter => RemoteInputs.Folder(adapter, ModelNeed.Adapter)),
        ];
        double[]? weights = ReadWeights(parsed.GetValue(_weights), adapters.Length);
        string output = parsed.GetValue(_output)!;
        bool force = parsed.GetValue(_force);
        string? model = RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Weights);
        if (adapters.Length == 1 && weights is null)
        {
            string needed =
                model ?? throw new MttException("--model: the base is not named", "Name the adapter's base.");
            return Merge(needed, adapters[0], adapters, output, force);
        }

        CombinationOptions options = ReadOptions(parsed);
        (string, double)[] sources = [.. adapters.Zip(weights ?? [.. adapters.Select(_ => 1.0)])];
        if (model is null)
        {
            int rank = AdapterCombination.Run(sources, options, output, force);
            WriteManifest(new Manifest("merge"), adapters, output, sources, options);
            Console.Error.WriteLine(
                $"{output}: {Counted.Of(adapters.Length, "adapter")} as one by {Name(options.Method)}, rank {rank}"
            );
            return ExitCode.Done;
        }

        // Not a temporary name of the output: whoever writes that takes those for leftovers of a killed run.
        string combined = $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(output))}.adapter";
        using OutputLock held = OutputLock.Take(combined);
        TemporaryName.RemoveLeftovers(combined);
        string between = TemporaryName.For(combined);
        try
        {
            AdapterCombination.Run(sources, options, between, force: false);
            return Merge(model, between, adapters, output, force, sources, options);
        }
        finally
        {
            if (Directory.Exists(between))
            {
                Directory.Delete(between, recursive: true);
            }
        }
    }

    private static int Merge(
        string model,
        string adapter,
        string[] adapters,
        string output,
        bool force,
        (string, double)[]? sources = null,
        CombinationOptions? options = null
    )
    {
        MergeReport report = AdapterMerge.Run(model, adapter, output, force);
        Manifest manifest = new("merge");
        manifest.AddInput("model", Path.Combine(model, "config.json"));
        manifest.Options["stored_type"] = report.StoredType;
        manifest.Counts["changed_tensors"] = report.ChangedTensors;
        manifest.Counts["probe_tokens"] = report.ProbeTokens;
        manifest.Counts["largest_logit"] = report.LargestLogit;
        manifest.Counts["largest_logit_difference"] = report.LargestDifference;
        WriteManifest(manifest, adapters, output, sources, options);
        Console.Error.WriteLine(
            Printable.Of(
                $"{output}: {Counted.Of(report.ChangedTensors, "weight")} changed, rounded once to {report.StoredType}"
            )
        );
        if (report.Untied)
        {
            Console.Error.WriteLine("the head was tied to the embedding and now has a weight of its own");
        }

        Console.Error.WriteLine(
            Printable.Of(
                $"largest logit difference, adapter against merged: {report.LargestDifference:e3} ({Counted.Of(report.ProbeTokens, "token")}, logits up to {report.LargestLogit:F2})"
            )
        );
        Console.Error.WriteLine($"  {report.Judgement}");
        return ExitCode.Done;
    }

    private static void WriteManifest(
        Manifest manifest,
        string[] adapters,
        string output,
        (string Folder, double Weight)[]? sources,
        CombinationOptions? options
    )
    {
        foreach (string adapter in adapters)
        {
            string role = adapters.Length == 1 ? "adapter" : $"adapter:{Path.GetFileName(adapter.TrimEnd('/'))}";
            foreach (string path in Directory.EnumerateFiles(adapter, "adapter_*").Order(StringComparer.Ordinal))
            {
                manifest.AddInput(role, path);
            }
        }

        if (options is not null)
        {
            manifest.Options["method"] = Name(options.Method);
            manifest.Options["weights"] = sources!.Select(source => source.Weight).ToArray();
            manifest.Options["density"] = options.Density;
            manifest.Options["seed"] = options.Seed;
        }

        foreach (string path in Directory.EnumerateFiles(output, "*.safetensors").Order(StringComparer.Ordinal))
        {
            manifest.AddOutput(path);
        }

        manifest.WriteBeside(output);
    }

    private static CombinationOptions ReadOptions(ParseResult parsed) =>
        new(Enum.GetValues<CombinationMethod>().Single(method => Name(method) == parsed.GetValue(_method)))
        {
            Density = parsed.GetValue(_density),
            SignByFrequency = parsed.GetValue(_sign) == "frequency",
            Rank = parsed.GetValue(_rank),
            Clamp = parsed.GetValue(_clamp),
            Seed = unchecked((ulong)parsed.GetValue(_seed)),
        };

    private static double[]? ReadWeights(string? text, int adapters)
    {
        if (text is null)
        {
            return null;
        }

        double[] weights =
        [
            .. text.Split(',')
                .Select(part =>
                    double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
                    && double.IsFinite(weight)
                        ? weight
                        : throw new MttException($"--weights {text}: '{part}' is no number", "Write them as 0.7,0.3.")
                ),
        ];
        return weights.Length == adapters
            ? weights
            : throw new MttException(
                $"--weights {text}: {Counted.Of(weights.Length, "weight")} for {Counted.Of(adapters, "adapter")}",
                "Give one weight for each --adapter, in their order."
            );
    }

    // As PEFT writes it: TiesSvd is ties_svd.
    private static string Name(CombinationMethod method) => Naming.SnakeCase(method);
}
