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

    public static Command Create()
    {
        Argument<string> input = new("INPUT") { Description = "Conversations; - is standard input." };
        Option<string?> model = CommonOptions.ModelFolder("Model folder: template and special tokens.");
        Option<bool> prompt = new("--add-generation-prompt")
        {
            Description = "End with the header of the answer to come.",
        };
        Option<string?> preference = CommonOptions.Preference();
        RowFlags flags = new(makesRows: false);
        Command command = new("render", _help) { input, model, prompt, preference };
        flags.AddTo(command);
        command.SetAction(parsed =>
        {
            RowOptions options = flags.Read(parsed);
            ChatModel chat = (parsed.GetValue(model), options.Template) switch
            {
                (string folder, var file) => ChatModel.Load(folder, file),
                (null, string file) => ChatModel.FromFile(file),
                _ => throw new MttException("no template", "Give --model DIR or --template FILE."),
            };
            RowRenderer renderer = new(new RowTemplate(chat, options), options);
            using Stream output = Console.OpenStandardOutput();
            int index = 0;
            int refused = 0;
            foreach (
                Conversation conversation in ConversationReader.Read(
                    parsed.GetValue(input)!,
                    new ConversionOptions { Preference = ValidateCommand.Side(parsed.GetValue(preference)) }
                )
            )
            {
                refused += Render(renderer, conversation, index, parsed.GetValue(prompt), output) ? 0 : 1;
                index++;
            }

            if (refused > 0)
            {
                Console.Error.WriteLine($"{index - refused} rendered, {refused} refused by the template");
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Writes one row of the machine format.</summary>
    /// <returns>Whether the template took the conversation.</returns>
    private static bool Render(
        RowRenderer renderer,
        Conversation conversation,
        int index,
        bool addGenerationPrompt,
        Stream output
    )
    {
        using Utf8JsonWriter writer = new(output, JsonText.Writer);
        writer.WriteStartObject();
        writer.WriteNumber("index", index);
        bool done = true;
        try
        {
            MaskedText masked = renderer.Render(conversation, addGenerationPrompt);
            writer.WriteString("text", masked.Rendered.Text);
            SpanWriter.Write(masked, writer);
        }
        catch (TemplateException problem)
        {
            done = false;
            writer.WriteString("error", problem.KindName);
            writer.WriteString("message", problem.Message);
            writer.WriteNumber("line", problem.Line);
            writer.WriteNumber("column", problem.Column);
        }

        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n"u8);
        return done;
    }
}
