namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt score</c>: log-probabilities of token rows under a model and an adapter.</summary>
internal static class ScoreCommand
{
    private const string _help = """
        Score token rows: the log-probability of every token given those before it, and the loss over labelled ones.

        Examples:
          mtt score rows.jsonl --model Qwen3-0.6B
          mtt score chats.jsonl --model Qwen3-0.6B --adapter out/adapter
          mtt score rows.parquet --model Qwen3-0.6B --adapter out/adapter > scores.jsonl
          mtt score rows.jsonl --model tiny --logits logits.safetensors --dtype float32

        Rows are what mtt mask writes; {"input_ids"} alone is enough, every token counts then. Conversations are masked on
        the way, so that the loss is over the assistant's words. Per row one line:
        {"id", "logprobs", "loss", "supervised_tokens"}; logprobs[t] belongs to input_ids[t], the first is 0; the loss
        is the mean over labels, "weighted_loss" stands beside it where the row has loss_weights.
        """;

    public static Command Create()
    {
        Argument<string> input = new("INPUT") { Description = "Token rows (.jsonl, .parquet) or conversations." };
        Option<string?> logits = new("--logits")
        {
            Description = "Also write all logits: one tensor [tokens, vocabulary] a row, named by its id.",
            HelpName = "FILE.safetensors",
        };
        Option<bool> force = CommonOptions.Force();
        ModelOptions options = new(makesRows: true);
        Command command = new("score", _help) { input, logits, force };
        options.AddTo(command);
        command.SetAction(parsed =>
            Run(parsed.GetValue(input)!, parsed.GetValue(logits), parsed.GetValue(force), options.Read(parsed))
        );
        return command;
    }

    private static int Run(string input, string? logits, bool force, LocalModelOptions model)
    {
        ScoreRun run = new(input, model);
        using Stream output = Console.OpenStandardOutput();
        ScoreTotals totals = run.Execute(output, logits, force);
        foreach (string line in run.Masked.Lines)
        {
            Console.Error.WriteLine(line);
        }

        Console.Error.WriteLine(totals.Text);
        return ExitCode.Done;
    }
}
