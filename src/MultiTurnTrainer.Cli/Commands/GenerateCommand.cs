using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt generate</c>: answers from a model and an adapter.</summary>
internal static class GenerateCommand
{
    private const string _help = """
        Generate the next assistant message of conversations, or continue token ids.

        Examples:
          mtt generate chats.jsonl --model Qwen3-0.6B --adapter out/adapter
          mtt generate chats.jsonl --model tiny --temperature 0.7 --top-p 0.9 --seed 1 --max-new-tokens 400
          echo '{"input_ids": [1, 5, 9]}' | mtt generate - --model tiny --ignore-eos
          mtt generate chats.jsonl --model Qwen3-0.6B --adapter out/adapter --endpoint http://localhost:8000/v1

        Per line {"index", "ids", "text", "finish_reason"}: the new tokens only, a stop token included in ids and left
        out of text. Stop tokens are generation_config.json's eos_token_id, else config.json's. Each row draws by seed and
        index, whatever the batch size. With --endpoint a server answers: the folder gives template and tokenizer, and
        the adapter is loaded into the server, which must see its path (vLLM's runtime LoRA loading). Lines are written as
        batches are done; the file of --output appears whole at the end.
        """;

    private static readonly Argument<string> _input = new("INPUT")
    {
        Description = "Conversations or {\"input_ids\"} lines, .jsonl; - reads standard input.",
    };

    private static readonly Option<int> _maxNewTokens = CommonOptions.Number(
        "--max-new-tokens",
        "The most tokens to add.",
        256
    );

    private static readonly Option<double> _temperature = CommonOptions.Number(
        "--temperature",
        "0 takes the likeliest token.",
        0.0,
        least: 0
    );

    private static readonly Option<double> _topP = new Option<double>("--top-p")
    {
        Description = "Keep the likeliest tokens that together reach this.",
        DefaultValueFactory = _ => 1,
    }.Between(NumberBounds.AboveZero, 1);

    private static readonly Option<int> _topK = CommonOptions.Number(
        "--top-k",
        "Keep this many of the likeliest tokens; 0 keeps all.",
        0,
        least: 0
    );

    private static readonly Option<long> _seed = CommonOptions.Number("--seed", "Seeds the draws.", 0L, least: 0);

    private static readonly Option<bool> _ignoreEos = new("--ignore-eos")
    {
        Description = "Do not stop at stop tokens.",
    };

    private static readonly Option<int> _batchSize = CommonOptions.Number(
        "--batch-size",
        "Prompts decoded together.",
        8
    );

    private static readonly Option<string?> _endpoint = new("--endpoint")
    {
        Description = "Base URL of an OpenAI-compatible server that returns token ids; its key is OPENAI_API_KEY.",
        HelpName = "URL",
    };

    private static readonly Option<string?> _servedModel = new("--served-model")
    {
        Description = "The base model's name on the endpoint; default: the model's folder.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();

    private static readonly ModelOptions _model = new(RowUse.Rendering | RowUse.Reading);

    public static Command Create()
    {
        Command command = new("generate", _help)
        {
            _input,
            _maxNewTokens,
            _temperature,
            _topP,
            _topK,
            _seed,
            _ignoreEos,
            _batchSize,
            _endpoint,
            _servedModel,
            _output,
            _force,
        };
        _model.AddTo(command);
        command.SetAction((parsed, cancel) => Task.FromResult(Run(parsed, cancel)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken cancel)
    {
        LocalModelOptions model = _model.Read(parsed);
        GenerationOptions generation = Read(parsed, model);
        string input = RemoteInputs.SingleFile(parsed.GetValue(_input)!);
        GenerationPrompts prompts = new(input, model);
        GenerationRun run = new(prompts, model, generation);
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force), input);
        string speed = parsed.GetValue(_endpoint) is { } url
            ? SpeedText.Of(run.OverEndpoint(output.Stream, url, parsed.GetValue(_servedModel), cancel))
            : SpeedText.Of(run.InProcess(output.Stream, cancel, out GenerationSpeed local), local);
        output.Commit();
        Console.Error.WriteLine(speed);
        return ExitCode.Done;
    }

    private static GenerationOptions Read(ParseResult parsed, LocalModelOptions model) =>
        new()
        {
            MaxNewTokens = parsed.GetValue(_maxNewTokens),
            Temperature = parsed.GetValue(_temperature),
            TopP = parsed.GetValue(_topP),
            TopK = parsed.GetValue(_topK),
            Seed = unchecked((ulong)parsed.GetValue(_seed)),
            BatchSize = parsed.GetValue(_batchSize),
            StopTokens = parsed.GetValue(_ignoreEos) ? [] : [.. GenerationConfig.ReadFolder(model.Folder).EosTokenIds],
        };
}
