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

        Every input line is {"text"}; every output line is {"ids", "offsets": [[start, end], …]}, offsets in Unicode
        code points. Truncation and padding that tokenizer.json asks for apply.
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

    public static Command Create()
    {
        Command command = new("tokenize", _help) { _input, _model, _specialTokens };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Tokenizer tokenizer = Tokenizer.Load(parsed.GetValue(_model)!);
        using Stream output = Console.OpenStandardOutput();
        LineEncoder.Run(parsed.GetValue(_input)!, tokenizer, parsed.GetValue(_specialTokens), output);
        return ExitCode.Done;
    }
}
