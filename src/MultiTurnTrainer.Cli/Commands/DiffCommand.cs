using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt diff</c>: how two versions of a dataset differ.</summary>
internal static class DiffCommand
{
    private const string _help = """
        Compare two versions of a dataset: rows added, gone and changed, by message, and what counts otherwise in the loss.

        A row belongs to the one with the same text, wherever that stands; else to the one with the same id; else to the
        next that begins with the same question. Formats, packing and layout may differ. Exit code 0; with --exit-code 1
        where anything differs.

        Examples:
          mtt diff old.jsonl new.jsonl
          mtt diff raw.parquet prepared/train.jsonl --format json --output changes.json
          git show HEAD~1:data/train.jsonl | mtt diff - data/train.jsonl --exit-code
        """;

    private static readonly Argument<string> _old = new("OLD")
    {
        Description = "The file before; - is standard input.",
    };

    private static readonly Argument<string> _new = new("NEW") { Description = "The file after; - is standard input." };

    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the differences are written.",
        "text",
        "text",
        "json"
    );

    private static readonly Option<int> _show = CommonOptions.Number(
        "--show",
        "Most rows of a kind in the text; 0 shows the counts alone.",
        20,
        least: 0
    );

    private static readonly Option<bool> _exitCode = new("--exit-code")
    {
        Description = "Return 1 where anything differs.",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly RowFlags _rows = new(RowUse.Reading);

    public static Command Create()
    {
        Command command = new("diff", _help) { _old, _new, _format, _show, _exitCode, _output, _force };
        _rows.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string old = RemoteInputs.SingleFile(parsed.GetValue(_old)!);
        string @new = RemoteInputs.SingleFile(parsed.GetValue(_new)!);
        if (old == "-" && @new == "-")
        {
            throw new MttException("standard input cannot be both files", "Name one of them: mtt diff - NEW.");
        }

        RowOptions rows = _rows.Read(parsed);
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force), old, @new);
        using StreamWriter text = new(output.Stream, leaveOpen: true) { NewLine = "\n" };
        DiffText report = new(text, parsed.GetValue(_format) == "json", parsed.GetValue(_show));
        DifferenceCounts counts = DatasetComparison.Run(old, @new, rows.Conversion, report.Write);
        report.End(counts);
        text.Flush();
        output.Commit();
        return counts.Any && parsed.GetValue(_exitCode) ? ExitCode.Findings : ExitCode.Done;
    }
}
