using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt render</c>: conversations through a chat template, with the origin of every character.</summary>
internal static class RenderCommand
{
    private const string _help = """
        Render conversations through a chat template: the text jinja2 gives, where every character came from, and
        whether it is supervised.

        Examples:
          mtt render chats.jsonl --model Qwen3-0.6B
          mtt render chats.jsonl --template chatml.jinja --eot "<|im_end|>" --now 2026-01-15
          mtt render chats.jsonl --model Qwen3-0.6B --add-generation-prompt | jq -r .text

        One line a row: {"index", "text", "spans": [{"start", "end", "origin", "context", "supervised", "line"}]},
        positions in Unicode code points, or {"index", "error", "message", "line", "column"} where the template refuses;
        "error" is raise_exception, undefined, type, security or syntax. Rows come in every format that mtt validate
        accepts. A row may carry chat_template_kwargs (template variables), bos_token, eos_token and stop beside messages
        and tools.
        """;

    private static readonly Argument<string> _input = new("INPUT")
    {
        Description = "Conversations; - is standard input.",
    };
    private static readonly Option<string?> _model = CommonOptions.ModelFolder(
        "Model folder: template and special tokens."
    );
    private static readonly Option<bool> _prompt = new("--add-generation-prompt")
    {
        Description = "End with the header of the answer to come.",
    };
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();
    private static readonly RowFlags _rows = new(RowUse.Report);

    public static Command Create()
    {
        Command command = new("render", _help) { _input, _model, _prompt, _output, _force };
        _rows.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        RowOptions options = _rows.Read(parsed);
        ChatModel chat = (RemoteInputs.Folder(parsed.GetValue(_model), ModelNeed.Tokenizer), options.Template) switch
        {
            (string folder, var file) => ChatModel.Load(folder, file, options.ChatTemplateName),
            (null, string file) => ChatModel.FromFile(file),
            _ => throw new MttException("no template", "Give --model DIR or --template FILE."),
        };
        RowRenderer renderer = new(new RowTemplate(chat, options), options);
        int index = 0;
        int refused = 0;
        string input = RemoteInputs.SingleFile(parsed.GetValue(_input)!);
        using ResultOutput output = ResultOutput.Open(parsed.GetValue(_output), parsed.GetValue(_force), input);
        foreach (Conversation conversation in ConversationReader.Read(input, options.Conversion))
        {
            JsonFields line = new() { ["index"] = index };
            refused += RenderedLine.Add(line, renderer, conversation, parsed.GetValue(_prompt)) ? 0 : 1;
            JsonText.WriteLine(output.Stream, line);
            index++;
        }

        output.Commit();
        if (refused > 0)
        {
            Console.Error.WriteLine(Printable.Of($"{index - refused} rendered, {refused} refused by the template"));
        }

        return ExitCode.Done;
    }
}
