using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt tokenize</c>: ids and offsets of texts.</summary>
internal static class TokenizeCommand
{
    private const string _help = """
        Encode texts with a model's tokenizer.json, exactly as HuggingFace's library does, or with its
        tokenizer.model, *.tiktoken or tekken.json, as SentencePiece, tiktoken and mistral-common do.

        Examples:
          echo '{"text": "Hello world"}' | mtt tokenize - --model Qwen3-0.6B
          mtt tokenize texts.jsonl --model Qwen3-0.6B --special-tokens > tokens.jsonl
          mtt tokenize texts.jsonl --model Qwen3-0.6B --format parquet --output tokens.parquet

        Every input line is {"text"}; every output line, or row of the Parquet file, is
        {"ids", "offsets": [[start, end], …]}, offsets in Unicode code points. Truncation and padding that tokenizer.json
        asks for apply.
        """;

    private static readonly Argument<string> _input = new("INPUT")
    {
        Description = "JSON Lines of {\"text\"}, or - for standard input.",
    };
    private static readonly Option<string> _model = CommonOptions.Model("Model folder, or a tokenizer's file alone.");
    private static readonly Option<bool> _specialTokens = new("--special-tokens")
    {
        Description = "Add the special tokens that the tokenizer puts around a text.",
    };
    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "Form of the output; Parquet needs --output.",
        "jsonl",
        "jsonl",
        "parquet"
    );
    private static readonly Option<string?> _output = CommonOptions.Output("Where the tokens go; default: stdout.");
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("tokenize", _help) { _input, _model, _specialTokens, _format, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        UnfinishedFiles.RemoveOnSignals();
        string input = RemoteInputs.SingleFile(parsed.GetValue(_input)!);
        string? path = parsed.GetValue(_output);
        bool force = parsed.GetValue(_force);
        bool isParquet = parsed.GetValue(_format) == "parquet";
        if (isParquet && path is null)
        {
            throw new MttException("--format parquet needs a file", "Give --output FILE.");
        }

        OutputPaths.RefuseClash([input], path);
        Tokenizer tokenizer = Tokenizer.Load(RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Tokenizer));
        bool special = parsed.GetValue(_specialTokens);
        if (isParquet)
        {
            EncodingWriter.Write(path!, force, LineEncoder.Read(input, tokenizer, special));
        }
        else
        {
            using ResultOutput output = ResultOutput.Open(path, force, input);
            LineEncoder.Run(input, tokenizer, special, output.Stream);
            output.Commit();
        }

        return ExitCode.Done;
    }
}
