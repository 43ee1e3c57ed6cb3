using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Small templates over the whole language, each with what jinja2 3.1.6 makes of it.</summary>
public class LanguageTests
{
    private static readonly string _file = Path.Combine(
        Repository.Root,
        "tests/MultiTurnTrainer.Templates.Tests/Goldens/language.jsonl"
    );

    [Fact]
    public void Render_EverySnippet_GivesWhatJinja2Gives()
    {
        JsonView[] lines = [.. File.ReadLines(_file).Select(line => JsonView.Parse(line))];
        List<string> wrong = [];
        foreach (JsonView snippet in lines.Skip(1))
        {
            string source = snippet.GetProperty("template").GetString()!;
            string expected = snippet.TryGetProperty("text", out JsonView text)
                ? "text: " + text.GetString()
                : "error: " + snippet.GetProperty("error").GetString();
            string actual = Render(source, lines[0]);
            bool isRefused =
                expected.Contains(" at 0x", StringComparison.Ordinal)
                || source.Contains("| random", StringComparison.Ordinal);
            if (isRefused ? actual != "error: type" : actual != expected)
            {
                wrong.Add($"{source}\n     got {actual}\n  jinja2 {expected}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {lines.Length - 1} differ\n" + string.Join("\n\n", wrong));
    }

    private static string Render(string source, JsonView setup)
    {
        RenderInput input = new(setup.GetProperty("messages"))
        {
            Variables = setup.GetProperty("kwargs").EnumerateObject().ToDictionary(p => p.Name, p => p.Value),
            BosToken = "<s>",
            EosToken = "</s>",
            Now = new DateTimeOffset(2026, 1, 5, 14, 7, 9, TimeSpan.Zero),
        };
        try
        {
            ChatTemplate template = ChatTemplate.Parse(source);
            RenderedText rendered = template.Render(input);
            Assert.Equal(rendered.Text, template.RenderText(input));
            return "text: " + rendered.Text;
        }
        catch (TemplateException problem)
        {
            Assert.True(problem.Line > 0 && problem.Column > 0, $"{source}: {problem.Message} has no place");
            return "error: " + problem.KindName;
        }
    }
}
