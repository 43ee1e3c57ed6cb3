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

    public static Command Create()
    {
        Argument<string> input = new("INPUT") { Description = "JSON Lines of {\"text\"}, or - for standard input." };
        Option<string> model = CommonOptions.Model("Model folder, or a tokenizer's file alone.");
        Option<bool> specialTokens = new("--special-tokens")
        {
            Description = "Add the special tokens that the tokenizer puts around a text.",
        };
        Command command = new("tokenize", _help) { input, model, specialTokens };
        command.SetAction(parsed =>
        {
            Tokenizer tokenizer = Tokenizer.Load(parsed.GetValue(model)!);
            using Stream output = Console.OpenStandardOutput();
            LineEncoder.Run(parsed.GetValue(input)!, tokenizer, parsed.GetValue(specialTokens), output);
            return ExitCode.Done;
        });
        return command;
    }
}
