using System.CommandLine;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Templates;

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
        "error" is raise_exception, undefined, type, security or syntax. A row may carry kwargs (template variables),
        bos_token, eos_token and stop beside messages and tools.
        """;

    public static Command Create()
    {
        Argument<string> input = new("INPUT")
        {
            Description = "Conversations, one JSON object a line; - is standard input.",
        };
        Option<string?> model = CommonOptions.ModelFolder("Model folder: template and special tokens.");
        Option<string?> template = CommonOptions.Template();
        Option<bool> prompt = new("--add-generation-prompt")
        {
            Description = "End with the header of the answer to come.",
        };
        Option<string?> now = CommonOptions.Now();
        Option<string[]> eot = CommonOptions.StopTokens();
        Command command = new("render", _help) { input, model, template, prompt, now, eot };
        command.SetAction(parsed =>
        {
            ChatModel chat = (parsed.GetValue(model), parsed.GetValue(template)) switch
            {
                (string folder, var file) => ChatModel.Load(folder, file),
                (null, string file) => ChatModel.FromFile(file),
                _ => throw new MttException("no template", "Give --model DIR or --template FILE."),
            };
            RenderRows rows = new(
                chat,
                parsed.GetValue(eot) ?? [],
                parsed.GetValue(prompt),
                CommonOptions.ReadNow(parsed.GetValue(now))
            );
            using Stream output = Console.OpenStandardOutput();
            (int rendered, int refused) = rows.Run(parsed.GetValue(input)!, output);
            if (refused > 0)
            {
                Console.Error.WriteLine($"{rendered} rendered, {refused} refused by the template");
            }

            return ExitCode.Done;
        });
        return command;
    }
}

/// <summary>Reads rows, renders them and writes the machine format.</summary>
internal sealed class RenderRows(ChatModel model, string[] moreStops, bool addGenerationPrompt, DateTimeOffset now)
{
    /// <summary>Renders a file; gives how many rows were rendered and how many the template refused.</summary>
    public (int Rendered, int Refused) Run(string path, Stream output)
    {
        int index = 0;
        int refused = 0;
        long line = 0;
        using StreamReader reader = Open(path);
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            using JsonDocument row = Parse(text, path, line);
            using Utf8JsonWriter writer = new(output, JsonText.Writer);
            refused += Render(row.RootElement, index, writer, $"{path}:{line}") ? 0 : 1;
            writer.Flush();
            output.Write("\n"u8);
            index++;
        }

        return index == 0
            ? throw new MttException($"{path}: holds no rows", "Give one JSON object with messages a line.")
            : (index - refused, refused);
    }

    private static StreamReader Open(string path)
    {
        Stream stream = path == "-" ? Console.OpenStandardInput() : InputFile.OpenRead(path);
        return new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true, 1 << 16);
    }

    private static JsonDocument Parse(string text, string path, long line)
    {
        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 });
        }
        catch (JsonException problem)
        {
            throw new MttException(
                $"{path}:{line}: is not JSON: {problem.Message}",
                $"mtt validate {path} lists every problem.",
                problem
            );
        }
    }

    private bool Render(JsonElement row, int index, Utf8JsonWriter writer, string place)
    {
        if (
            row.ValueKind != JsonValueKind.Object
            || !row.TryGetProperty("messages", out JsonElement messages)
            || messages.ValueKind != JsonValueKind.Array
        )
        {
            throw new MttException(
                $"{place}: messages: a list of messages is needed",
                "mtt prepare converts other formats."
            );
        }

        RenderInput input = Input(row, messages);
        writer.WriteStartObject();
        writer.WriteNumber("index", index);
        bool done = true;
        try
        {
            ChatTemplate template = model.TemplateFor(input.Tools is not null);
            MaskedText masked = MaskRule.Apply(template, input, MaskRule.DefaultTargets(messages), Stops(row, input));
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
        return done;
    }

    private RenderInput Input(JsonElement row, JsonElement messages)
    {
        Dictionary<string, JsonElement> variables = new(model.SpecialTokens, StringComparer.Ordinal);
        variables.Remove("bos_token");
        variables.Remove("eos_token");
        if (row.TryGetProperty("kwargs", out JsonElement kwargs) && kwargs.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty variable in kwargs.EnumerateObject())
            {
                variables[variable.Name] = variable.Value;
            }
        }

        return new RenderInput(messages)
        {
            Tools =
                row.TryGetProperty("tools", out JsonElement tools) && tools.ValueKind != JsonValueKind.Null
                    ? tools
                    : null,
            Variables = variables,
            BosToken = Token(row, "bos_token", model.BosToken),
            EosToken = Token(row, "eos_token", model.EosToken),
            AddGenerationPrompt = addGenerationPrompt,
            Now = now,
        };
    }

    private static string? Token(JsonElement row, string name, string? other) =>
        row.TryGetProperty(name, out JsonElement token)
            ? token.ValueKind == JsonValueKind.String
                ? token.GetString()
                : null
            : other;

    private IReadOnlyList<string> Stops(JsonElement row, RenderInput input)
    {
        IEnumerable<string> stops =
            row.TryGetProperty("stop", out JsonElement own) && own.ValueKind == JsonValueKind.Array
                ? own.EnumerateArray().Where(s => s.ValueKind == JsonValueKind.String).Select(s => s.GetString()!)
            : row.TryGetProperty("eos_token", out _) && input.EosToken is { } eos ? [eos, .. model.StopTokens]
            : model.StopTokens;
        return [.. stops.Concat(moreStops).Distinct(StringComparer.Ordinal)];
    }
}
