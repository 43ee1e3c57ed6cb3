using MultiTurnTrainer.Cli.Remote;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt lint-template</c>: what chat templates do to conversations.</summary>
internal static class LintTemplateCommand
{
    private const string _help = """
        Say what a chat template drops, trims and injects, which stop token it trains, and whether it rewrites history.

        Examples:
          mtt lint-template Qwen/Qwen3-0.6B
          mtt lint-template chatml.jinja --eot "<|im_end|>" --format json
          mtt lint-template command-r --chat-template-name rag
          mtt lint-template templates/ --format markdown > templates.md

        A path is a model folder or its name on the hub, a template file, or a folder of .jinja files. A template that rewrites history is not
        prefix-stable: train it with mtt mask --expand-turns, so that each answer is supervised in the text it will meet.
        """;

    private static readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "Model folders or their names on the hub, template files, or folders of .jinja files.",
        Arity = ArgumentArity.OneOrMore,
    };
    private static readonly Option<string> _format = CommonOptions.Choice(
        "--format",
        "How the report is written.",
        "text",
        "text",
        "json",
        "markdown"
    );
    private static readonly Option<string[]> _eot = CommonOptions.StopTokens();
    private static readonly Option<string?> _templateName = CommonOptions.TemplateName();
    private static readonly Option<string?> _output = CommonOptions.ResultFile();
    private static readonly Option<bool> _force = CommonOptions.Force();

    public static Command Create()
    {
        Command command = new("lint-template", _help) { _paths, _format, _eot, _templateName, _output, _force };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] stops = parsed.GetValue(_eot) ?? [];
        string[] paths = parsed.GetValue(_paths)!;
        Array.ForEach(paths, PipeCopies.Keep);
        List<TemplateReport> reports = [.. paths.SelectMany(path => Lint(path, stops, parsed.GetValue(_templateName)))];
        string text = parsed.GetValue(_format) switch
        {
            "json" => TemplateReportText.Json(reports),
            "markdown" => TemplateReportText.Markdown(reports),
            _ => TemplateReportText.Text(reports),
        };
        ResultOutput.Write(text, parsed.GetValue(_output), parsed.GetValue(_force));
        return reports.Exists(r => r.Error is not null) ? ExitCode.Findings : ExitCode.Done;
    }

    private static IEnumerable<TemplateReport> Lint(string given, string[] stops, string? template)
    {
        string path = RemoteInputs.Folder(given, ModelNeed.Tokenizer);
        string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*.jinja") : [];
        bool isModel = File.Exists(Path.Combine(path, "tokenizer_config.json"));
        if (files.Length > 0 && !isModel && !files.All(f => Path.GetFileName(f) == "chat_template.jinja"))
        {
            return files
                .Order(StringComparer.Ordinal)
                .Select(file => One(Path.GetFileName(file), () => ChatModel.FromFile(file), stops));
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(given));
        ChatModel Load() => Directory.Exists(path) ? ChatModel.Load(path, name: template) : ChatModel.FromFile(path);
        return [One(name, Load, stops)];
    }

    private static TemplateReport One(string name, Func<ChatModel> load, string[] stops)
    {
        try
        {
            return TemplateLinter.Lint(name, load(), stops);
        }
        catch (MttException problem) when (problem.InnerException is TemplateException)
        {
            return new TemplateReport(name, problem.Message);
        }
        catch (TemplateException problem) when (problem.IsOverBudget)
        {
            return new TemplateReport(name, problem.Describe());
        }
    }
}
