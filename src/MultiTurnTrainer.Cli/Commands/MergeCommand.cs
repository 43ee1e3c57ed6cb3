namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt merge</c>: a model folder with an adapter worked into its weights.</summary>
internal static class MergeCommand
{
    private const string _help = """
        Merge a LoRA adapter into its base: computed in float32, rounded once to the type the base is stored in.

        Examples:
          mtt merge --model Qwen3-0.6B --adapter out/adapter --output merged

        Weights keep their names and files; a tied head that the adapter changes gets a weight of its own. The report
        names the largest difference between the adapter's logits and the merged model's on a probe of random tokens.
        """;

    private static readonly Option<string> _model = CommonOptions.Model(ModelOptions.Needs);
    private static readonly Option<string> _adapter = CommonOptions.Required(CommonOptions.Adapter());
    private static readonly Option<string> _output = CommonOptions.Required(
        CommonOptions.Output("The folder to write.", folder: true)
    );
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("merge", _help) { _model, _adapter, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string model = parsed.GetValue(_model)!;
        string adapter = parsed.GetValue(_adapter)!;
        string output = parsed.GetValue(_output)!;
        MergeReport report = AdapterMerge.Run(model, adapter, output, parsed.GetValue(_force));
        Manifest manifest = new("merge");
        foreach (string path in Directory.EnumerateFiles(adapter, "adapter_*").Order(StringComparer.Ordinal))
        {
            manifest.AddInput("adapter", path);
        }

        manifest.AddInput("model", Path.Combine(model, "config.json"));
        manifest.Options["stored_type"] = report.StoredType;
        manifest.Counts["changed_tensors"] = report.ChangedTensors;
        manifest.Counts["probe_tokens"] = report.ProbeTokens;
        manifest.Counts["largest_logit"] = report.LargestLogit;
        manifest.Counts["largest_logit_difference"] = report.LargestDifference;
        foreach (string path in Directory.EnumerateFiles(output, "*.safetensors").Order(StringComparer.Ordinal))
        {
            manifest.AddOutput(path);
        }

        manifest.WriteBeside(output);
        Console.Error.WriteLine(
            Invariant(
                $"{output}: {Counted.Of(report.ChangedTensors, "weight")} changed, rounded once to {report.StoredType}"
            )
        );
        if (report.Untied)
        {
            Console.Error.WriteLine("the head was tied to the embedding and now has a weight of its own");
        }

        Console.Error.WriteLine(
            Invariant(
                $"largest logit difference, adapter against merged: {report.LargestDifference:e3} ({Counted.Of(report.ProbeTokens, "token")}, logits up to {report.LargestLogit:F2})"
            )
        );
        return ExitCode.Done;
    }
}
