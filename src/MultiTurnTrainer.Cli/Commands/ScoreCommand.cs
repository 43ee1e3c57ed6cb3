using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt score</c>: log-probabilities of token rows under a model and an adapter.</summary>
internal static class ScoreCommand
{
    private const string _help = """
        Score token rows or texts: the log-probability of every token given those before it, the loss over labelled ones, and
        the perplexity of all.

        Examples:
          mtt score rows.jsonl --model Qwen3-0.6B
          mtt score chats.jsonl --model Qwen3-0.6B --adapter out/adapter
          mtt score rows.parquet --model Qwen3-0.6B --adapter out/adapter --output scores.jsonl
          mtt score rows.jsonl --model tiny --logits logits.safetensors --dtype float32
          mtt score texts.jsonl --model HuggingFaceTB/SmolLM2-135M-Instruct

        Rows are what mtt mask writes; {"input_ids"} or {"text"} alone is enough, every token counts then. Conversations are masked on
        the way, so that the loss is over the assistant's words. Per row one line:
        {"id", "logprobs", "loss", "supervised_tokens", "turns": [{"turn", "supervised_tokens", "loss"}]}; logprobs[t]
        belongs to input_ids[t], the first is 0; the loss is the mean over labels, "weighted_loss" stands beside it where the
        row has loss_weights. Lines are written as rows are done; the file of --output appears whole at the end.
        """;

    private static readonly Argument<string> _input = new("INPUT")
    {
        Description = "Token rows (.jsonl, .parquet), {\"text\"} lines or conversations; - reads standard input.",
    };
    private static readonly Option<string?> _logits = new("--logits")
    {
        Description = "Also write all logits: one tensor [tokens, vocabulary] a row, named by its id.",
        HelpName = "FILE.safetensors",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly ModelOptions _options = new(RowUse.Rows);

    public static Command Create()
    {
        Command command = new("score", _help) { _input, _logits, _output, _force };
        _options.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string input = RemoteInputs.SingleFile(parsed.GetValue(_input)!, again: true);
        string? logits = parsed.GetValue(_logits);
        bool force = parsed.GetValue(_force);
        OutputPaths.RefuseClash([input], parsed.GetValue(_output), logits);
        ScoreRun run = new(input, _options.Read(parsed));
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), force);
        ScoreTotals totals = run.Execute(output.Stream, logits, force);
        output.Commit();
        foreach (string line in run.Masked.Lines)
        {
            Console.Error.WriteLine(line);
        }

        Console.Error.WriteLine(totals.Text);
        return ExitCode.Done;
    }
}
