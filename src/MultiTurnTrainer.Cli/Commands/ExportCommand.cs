using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt export</c>: a model or an adapter as GGUF.</summary>
internal static class ExportCommand
{
    private const string _help = """
        Write a model or an adapter as one GGUF file for llama.cpp, Ollama and LM Studio; or a quantised model as numbers.

        Examples:
          mtt export --model merged --gguf Q4_K_M --output model.gguf
          mtt export --model Qwen3-0.6B --adapter out/adapter --output adapter.gguf
          mtt export --model Qwen3-0.6B-bnb-4bit --dequantise --output base

        A model goes with its tokenizer and chat template, its matrices in the type of --gguf; norms and biases stay F32, and rows
        that are no whole blocks take a larger type. With --adapter the adapter alone is written, to be laid over the base's own
        GGUF file. To export both in one, merge first (mtt merge). A GGUF file is read back wherever --model stands.

        --dequantise writes a model folder: weights that bitsandbytes (NF4, FP4, int8), FP8 or MXFP4 hold as codes become numbers, rounded
        once to the type that config.json names, and quantization_config goes. An adapter that was trained on the codes is merged into it.
        """;

    private static readonly Option<string> _model = CommonOptions.Model(ModelOptions.Needs);
    private static readonly Option<string?> _adapter = CommonOptions.Adapter();
    private static readonly Option<string> _type = CommonOptions.Choice(
        "--gguf",
        "What the model's matrices are stored as.",
        "F16",
        [.. Enum.GetNames<GgufFileType>()]
    );
    private static readonly Option<bool> _dequantise = new("--dequantise")
    {
        Description = "Write a model folder with numbers in the place of codes.",
    };
    private static readonly Option<string> _output = CommonOptions.Required(
        CommonOptions.Output("The file to write; with --dequantise, the folder.")
    );
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("export", _help) { _model, _adapter, _type, _dequantise, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string model = RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Weights);
        string output = parsed.GetValue(_output)!;
        bool force = parsed.GetValue(_force);
        Manifest manifest = new("export");
        manifest.AddInput("model", Path.Combine(model, "config.json"));
        if (parsed.GetValue(_dequantise))
        {
            return Dequantise(parsed, model, output, force, manifest);
        }

        if (RemoteInputs.Folder(parsed.GetValue(_adapter), ModelNeed.Adapter) is { } adapter)
        {
            int modules = GgufAdapterExport.Run(model, adapter, output, force);
            manifest.AddInput("adapter", Path.Combine(adapter, LoraConfigJson.FileName));
            Console.Error.WriteLine(Printable.Of($"{output}: {Counted.Of(modules, "module")} of an adapter"));
        }
        else
        {
            GgufFileType type = Enum.Parse<GgufFileType>(parsed.GetValue(_type)!);
            IReadOnlyDictionary<GgufType, int> tensors = GgufExport.Run(model, type, output, force);
            manifest.Options["gguf"] = $"{type}";
            string counts = string.Join(", ", tensors.Select(pair => $"{pair.Value} {pair.Key}"));
            Console.Error.WriteLine(Printable.Of($"{output}: {Counted.Of(tensors.Values.Sum(), "tensor")} ({counts})"));
        }

        manifest.AddOutput(output);
        manifest.WriteBeside(output);
        return ExitCode.Done;
    }

    private static int Dequantise(ParseResult parsed, string model, string output, bool force, Manifest manifest)
    {
        if (parsed.GetResult(_type) is { Implicit: false } || parsed.GetValue(_adapter) is not null)
        {
            throw new MttException(
                "--dequantise goes with neither --gguf nor --adapter",
                "Dequantise first; mtt merge and mtt export take the folder that it writes."
            );
        }

        DequantisedModel written = Dequantisation.Run(model, output, force);
        manifest.Options["dequantised"] = written.Method;
        manifest.Options["stored_type"] = written.Type;
        manifest.Counts["dequantised_tensors"] = written.Dequantised;
        manifest.Counts["left_out_tensors"] = written.LeftOut.Count;
        foreach (string path in Directory.EnumerateFiles(output, "*.safetensors").Order(StringComparer.Ordinal))
        {
            manifest.AddOutput(path);
        }

        manifest.WriteBeside(output);
        Console.Error.WriteLine(
            Printable.Of(
                $"{output}: {Counted.Of(written.Dequantised, "weight")} of {written.Method} as {written.Type}, {Counted.Of(written.Copied, "tensor")} as they were"
            )
        );
        if (written.LeftOut is [string first, ..])
        {
            Console.Error.WriteLine(
                Printable.Of(
                    $"{output}: left out, as activations are not quantised: {Counted.Of(written.LeftOut.Count, "tensor")} ({first}{(written.LeftOut.Count > 1 ? ", …" : "")})"
                )
            );
        }

        return ExitCode.Done;
    }
}
