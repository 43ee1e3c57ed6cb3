namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt lint-template</c>: what chat templates do to conversations.</summary>
internal static class LintTemplateCommand
{
    private const string _help = """
        Say what a chat template drops, trims and injects, which stop token it trains, and whether it rewrites history.

        Examples:
          mtt lint-template Qwen3-0.6B
          mtt lint-template chatml.jinja --eot "<|im_end|>" --format json
          mtt lint-template templates/ --format markdown > templates.md

        A path is a model folder, a template file, or a folder of .jinja files. A template that rewrites history is not
        prefix-stable: train it with mtt mask --expand-turns, so that each answer is supervised in the text it will meet.
        """;

    public static Command Create()
    {
        Argument<string[]> paths = new("PATH")
        {
            Description = "Model folders, template files, or folders of .jinja files.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string> format = new("--format")
        {
            Description = "How the report is written.",
            DefaultValueFactory = _ => "text",
        };
        format.AcceptOnlyFromAmong("text", "json", "markdown");
        Option<string[]> eot = CommonOptions.StopTokens();
        Command command = new("lint-template", _help) { paths, format, eot };
        command.SetAction(parsed =>
        {
            string[] stops = parsed.GetValue(eot) ?? [];
            List<TemplateReport> reports = [.. parsed.GetValue(paths)!.SelectMany(path => Lint(path, stops))];
            Console.Out.Write(
                parsed.GetValue(format) switch
                {
                    "json" => Json(reports),
                    "markdown" => Markdown(reports),
                    _ => Text(reports),
                }
            );
            return reports.Exists(r => r.Error is not null) ? ExitCode.Findings : ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<TemplateReport> Lint(string path, string[] stops)
    {
        string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*.jinja") : [];
        bool isModel = File.Exists(Path.Combine(path, "tokenizer_config.json"));
        if (files.Length > 0 && !isModel && !files.All(f => Path.GetFileName(f) == "chat_template.jinja"))
        {
            return files
                .Order(StringComparer.Ordinal)
                .Select(file => One(Path.GetFileName(file), () => ChatModel.FromFile(file), stops));
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        return [One(name, () => Directory.Exists(path) ? ChatModel.Load(path) : ChatModel.FromFile(path), stops)];
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
    }

    private static string Text(List<TemplateReport> reports)
    {
        StringBuilder text = new();
        foreach (TemplateReport report in reports)
        {
            text.Append(report.Name).Append('\n');
            if (report.Error is not null)
            {
                text.Append("  error: ").Append(report.Error).Append("\n\n");
                continue;
            }

            string stop = report.Stop is null
                ? "none"
                : Quote(report.Stop) + (report.StopIsNextHeader ? " (the next header)" : "");
            text.Append("  stop token:        ").Append(stop).Append('\n');
            text.Append("  generation prompt: ").Append(Quote(report.GenerationPrompt ?? "")).Append('\n');
            text.Append("  prefix-stable:     ");
            text.Append(
                report.IsPrefixStable ? "yes" : $"no, in {string.Join(", ", report.UnstableIn)}: use --expand-turns"
            );
            text.Append('\n');
            foreach (TemplateEffect effect in report.Effects)
            {
                text.Append("  ").Append(effect.Code).Append(": ").Append(effect.Message).Append('\n');
            }

            foreach ((string probe, string error) in report.Refused)
            {
                text.Append("  refuses ").Append(probe).Append(" (").Append(error).Append(")\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Markdown(List<TemplateReport> reports)
    {
        StringBuilder text = new();
        text.Append("| template | stop token | prefix-stable | effects | refuses |\n| --- | --- | --- | --- | --- |\n");
        foreach (TemplateReport report in reports)
        {
            string stop = report.Stop is null
                ? "none"
                : $"`{Quote(report.Stop)}`" + (report.StopIsNextHeader ? " (next header)" : "");
            string stable = report.IsPrefixStable ? "yes" : "no: " + string.Join(", ", report.UnstableIn);
            text.Append("| ").Append(report.Name).Append(" | ");
            text.Append(
                report.Error is not null
                    ? $"cannot be parsed | | {Cell(report.Error)} | |\n"
                    : $"{Cell(stop)} | {stable} | {string.Join(", ", report.Effects.Select(h => h.Code))} | "
                        + $"{string.Join(", ", report.Refused.Select(r => $"{r.Probe} ({r.Error})"))} |\n"
            );
        }

        return text.ToString();
    }

    private static string Json(List<TemplateReport> reports)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, JsonText.Writer))
        {
            writer.WriteStartArray();
            foreach (TemplateReport report in reports)
            {
                Write(report, writer);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void Write(TemplateReport report, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("template", report.Name);
        if (report.Error is not null)
        {
            writer.WriteString("error", report.Error);
            writer.WriteEndObject();
            return;
        }

        writer.WriteString("stop", report.Stop);
        writer.WriteBoolean("stopIsNextHeader", report.StopIsNextHeader);
        writer.WriteString("generationPrompt", report.GenerationPrompt);
        writer.WriteBoolean("prefixStable", report.IsPrefixStable);
        writer.WriteBoolean("needsExpandTurns", report.NeedsExpandTurns);
        writer.WriteBoolean("generationBlocks", report.HasGenerationBlocks);
        writer.WriteStartArray("unstableIn");
        foreach (string probe in report.UnstableIn)
        {
            writer.WriteStringValue(probe);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("effects");
        foreach (TemplateEffect effect in report.Effects)
        {
            writer.WriteStartObject();
            writer.WriteString("code", effect.Code);
            writer.WriteString("message", effect.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("refuses");
        foreach ((string probe, string error) in report.Refused)
        {
            writer.WriteStartObject();
            writer.WriteString("probe", probe);
            writer.WriteString("error", error);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static string Quote(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
