using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt pairs</c>: preference pairs from what mtt already made.</summary>
internal static class PairsCommand
{
    private const string _help = """
        Build preference pairs for mtt train --objective dpo from what mtt has made already: accepted answers against
        drafts of mtt review, right answers against lost ones of mtt evaluate, answers that were made anew, edited or
        left in a fork of exported sessions.

        Examples:
          mtt pairs review-out/trace.jsonl --output pairs.jsonl
          mtt pairs lic.json --trajectories --output pairs.jsonl
          mtt sessions export --log --output sessions.jsonl && mtt pairs sessions.jsonl --output pairs.jsonl
          mtt pairs review-out lic.json sessions.jsonl --output pairs.jsonl
        """;

    private static readonly Argument<string[]> _inputs = new("INPUT")
    {
        Description =
            "Traces (or folders) of mtt review, reports of mtt evaluate --output, logs of mtt sessions export --log, pairs.",
        Arity = ArgumentArity.OneOrMore,
    };
    private static readonly Option<bool> _trajectories = new("--trajectories")
    {
        Description =
            "Pair whole dialogues of mtt evaluate too: a right one against a lost one of the same task and mode.",
    };
    private static readonly Option<string?> _output = CommonOptions.Output("The pairs, JSON lines.");
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        _output.Required = true;
        Command command = new("pairs", _help) { _inputs, _trajectories, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] inputs = RemoteInputs.Files([.. parsed.GetValue(_inputs)!.Select(Resolve)], again: true);
        string path = parsed.GetValue(_output)!;
        OutputPaths.RefuseClash(inputs, path);
        using OutputFile output = OutputFile.Create(path, parsed.GetValue(_force));
        PairWriter writer = new(output.Stream);
        PairCounts counts = writer.Counts;
        foreach (
            AnswerPair pair in inputs.SelectMany(input => Read(input, parsed.GetValue(_trajectories), counts.Skip))
        )
        {
            writer.Write(pair);
        }

        foreach (string line in counts.Lines)
        {
            Console.Error.WriteLine(Printable.Of($"{line}"));
        }

        if (counts.Pairs == 0)
        {
            throw new MttException(
                "the inputs give no pair",
                "mtt review --mode refine keeps drafts, mtt evaluate --modes full,sharded --output dialogues, mtt sessions export --log answers that were replaced."
            );
        }

        output.Commit();
        Manifest manifest = new("pairs");
        foreach (string input in inputs)
        {
            manifest.AddInput(Path.GetFileName(input), input);
        }

        manifest.Options["trajectories"] = parsed.GetValue(_trajectories);
        counts.AddTo(manifest.Counts);
        manifest.AddOutput(path);
        manifest.WriteBeside(path);
        return ExitCode.Done;
    }

    private static string Resolve(string input) => Directory.Exists(input) ? Path.Combine(input, "trace.jsonl") : input;

    private static IEnumerable<AnswerPair> Read(string path, bool trajectories, Action<string> skipped)
    {
        InputFile.RequireExists(path, "Name a file or a folder of mtt review.");
        using InputLines lines = InputLines.Open(path);
        string first = lines.ReadLine() ?? "";
        return ReviewPairs.IsHeader(first) ? ReviewPairs.Read(path, skipped)
            : first.Trim() == "{" ? EvaluationPairs.Read(path, trajectories, skipped)
            : LogFile.IsHeader(first) ? SessionPairs.Read(path, skipped)
            : ForeignPairs.Read(path);
    }
}
