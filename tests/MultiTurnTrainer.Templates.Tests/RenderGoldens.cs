using System.IO.Compression;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>The open render goldens: what jinja2 made of 250 templates and 40 conversations.</summary>
internal static class RenderGoldens
{
    /// <summary>One render: which template, which conversation, what came out.</summary>
    public sealed record Golden(
        string Template,
        string Conversation,
        JsonView Expected,
        RenderInput Input,
        IReadOnlyList<string> Stops
    );

    /// <summary>The template files' folder.</summary>
    public static string TemplateFolder => SharedData.Path("templates");

    /// <summary>All renders, by template.</summary>
    public static IEnumerable<IGrouping<string, Golden>> ByTemplate()
    {
        Dictionary<string, JsonView> conversations = Lines("conversations.jsonl.gz")
            .ToDictionary(c => c.GetProperty("id").GetString()!);
        JsonView templates = JsonView.Parse(File.ReadAllText(SharedData.Path("render-goldens", "templates.json")));
        return Lines("goldens.jsonl.gz")
            .Select(golden =>
            {
                string template = golden.GetProperty("template").GetString()!;
                string id = golden.GetProperty("conversation").GetString()!;
                return new Golden(
                    template,
                    id,
                    golden,
                    Input(
                        conversations[id],
                        templates.GetProperty(template),
                        golden.GetProperty("add_generation_prompt").GetBoolean()
                    ),
                    [
                        .. templates
                            .GetProperty(template)
                            .GetProperty("stop")
                            .EnumerateArray()
                            .Select(s => s.GetString()!),
                    ]
                );
            })
            .GroupBy(golden => golden.Template);
    }

    private static RenderInput Input(JsonView conversation, JsonView template, bool addGenerationPrompt) =>
        new(conversation.GetProperty("messages"))
        {
            Tools = conversation.TryGetProperty("tools", out JsonView tools) ? tools : null,
            Variables = conversation.TryGetProperty("kwargs", out JsonView kwargs)
                ? kwargs.EnumerateObject().ToDictionary(p => p.Name, p => p.Value)
                : null,
            BosToken = template.GetProperty("bos_token").GetString(),
            EosToken = template.GetProperty("eos_token").GetString(),
            AddGenerationPrompt = addGenerationPrompt,
            AsWritten = true,
            Now = new DateTimeOffset(2026, 1, 15, 0, 0, 0, TimeSpan.Zero),
        };

    private static IEnumerable<JsonView> Lines(string name)
    {
        using GZipStream stream = new(
            File.OpenRead(SharedData.Path("render-goldens", name)),
            CompressionMode.Decompress
        );
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return JsonView.Parse(line);
        }
    }
}
