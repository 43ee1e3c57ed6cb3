using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt inspect</c>: what is supervised of any row.</summary>
internal static class InspectCommand
{
    private const string _help = """
        Show what is supervised: colour says where each token came from, reverse video that it is supervised.

        Examples:
          mtt inspect chat.jsonl --model qwen3
          mtt inspect chat.jsonl --model qwen3 --skip 41 --rows 1 --html row-42.html
          mtt inspect rows.parquet --model qwen3
        """;

    private static readonly Argument<string[]> _inputs = CommonOptions.Inputs(
        "Conversations, or token rows (.parquet, .jsonl) that mtt mask made."
    );
    private static readonly Option<string> _model = CommonOptions.Model(RowText.ModelNeeds);
    private static readonly Option<int> _count = CommonOptions.Number("--rows", "How many rows to show.", 3);
    private static readonly Option<int> _skip = new Option<int>("--skip")
    {
        Description = "How many rows to pass over first.",
    }.AtLeast(0);
    private static readonly Option<string?> _html = new("--html")
    {
        Description = "Write one self-contained page, and the text only where --output names its file.",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly RowFlags _rows = new();

    public static Command Create()
    {
        Command command = new("inspect", _help) { _inputs, _model, _count, _skip, _html, _output, _force };
        _rows.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] paths = RemoteInputs.Files(parsed.GetValue(_inputs)!, again: true);
        OutputPaths.RefuseClash(paths, parsed.GetValue(_html), parsed.GetValue(_output));
        using OutputFile? file = parsed.GetValue(_html) is { } path
            ? OutputFile.Create(path, parsed.GetValue(_force))
            : null;
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force));
        RowView[] rows = [.. Rows(parsed, paths).Take(parsed.GetValue(_count))];
        if (rows.Length == 0)
        {
            throw new MttException("there are no rows to show", "Check --skip and the input.");
        }

        if (file is not null)
        {
            string heading = string.Join(", ", paths.Select(input => Path.GetFileName(input)));
            file.Stream.Write(Encoding.UTF8.GetBytes(HtmlView.Page(heading, rows, MaskSummaryLine.Of(rows), [])));
            file.Commit();
            Console.Error.WriteLine(Printable.Of($"wrote {parsed.GetValue(_html)}"));
        }

        if (file is null || parsed.GetValue(_output) is not null)
        {
            RowText.Write(output.ColouredText, output.HasColour, rows);
        }

        output.Commit();

        return Array.Exists(rows, row => row.Fails) ? ExitCode.Findings : ExitCode.Done;
    }

    private static IEnumerable<RowView> Rows(ParseResult parsed, string[] paths)
    {
        string folder = RemoteInputs.Folder(parsed.GetValue(_model)!, ModelNeed.Tokenizer);
        int skip = parsed.GetValue(_skip);
        bool stored = Array.TrueForAll(paths, path => InputFile.Exists(path) && TokenRowReader.IsTokenRows(path));
        RowOptions options = _rows.Read(parsed);
        return stored
            ? RowInspection.OfTokenRows(paths, Tokenizer.Load(folder), skip)
            : RowInspection.OfConversations(paths, RowModel.Load(folder, options), options, skip);
    }
}
