using System.Collections.Concurrent;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Every golden render, with and without provenance.</summary>
public class ChatTemplateGoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Render_EveryGolden_GivesTheTextOrTheRefusalOfJinja2()
    {
        ConcurrentBag<string> wrong = [];
        int renders = 0;
        int refusals = 0;
        Parallel.ForEach(
            RenderGoldens.ByTemplate(),
            group =>
            {
                string source = File.ReadAllText(Path.Combine(RenderGoldens.TemplateFolder, group.Key));
                ChatTemplate template = ChatTemplate.Parse(source);
                foreach (RenderGoldens.Golden golden in group)
                {
                    if (Check(template, golden) is { } problem)
                    {
                        wrong.Add($"{group.Key} {golden.Conversation} {golden.Input.AddGenerationPrompt}: {problem}");
                    }
                    else if (golden.Expected.TryGetProperty("error", out _))
                    {
                        Interlocked.Increment(ref refusals);
                    }
                    else
                    {
                        Interlocked.Increment(ref renders);
                    }
                }
            }
        );

        output.WriteLine($"{renders} texts and {refusals} refusals equal, {wrong.Count} differ");
        Assert.True(wrong.IsEmpty, string.Join("\n", wrong.Order(StringComparer.Ordinal).Take(200)));
    }

    private static string? Check(ChatTemplate template, RenderGoldens.Golden golden)
    {
        string? error = golden.Expected.TryGetProperty("error", out JsonView kind) ? kind.GetString() : null;
        try
        {
            RenderedText rendered = template.Render(golden.Input);
            if (error is not null)
            {
                return $"rendered, where jinja2 refuses with {error}";
            }

            string expected = golden.Expected.GetProperty("text").GetString()!;
            int at = rendered.Text.AsSpan().CommonPrefixLength(expected);
            return rendered.Text != expected
                    ? $"differs at {at}: '{Around(rendered.Text, at)}' for '{Around(expected, at)}'"
                : template.RenderText(golden.Input) != expected ? "differs without provenance"
                : Uncovered(rendered);
        }
        catch (TemplateException problem)
        {
            return problem.KindName == error ? null : $"{problem.Describe()}, where jinja2 has {error ?? "a text"}";
        }
    }

    private static string? Uncovered(RenderedText rendered)
    {
        int at = 0;
        foreach (RenderedSpan span in rendered.Spans)
        {
            if (span.Start != at || span.End <= span.Start)
            {
                return $"gap at {at}";
            }

            at = span.End;
        }

        return at == rendered.Text.Length ? null : $"gap at {at}";
    }

    private static string Around(string text, int at) =>
        text[Math.Max(0, at - 20)..Math.Min(text.Length, at + 40)].Replace("\n", "\\n");
}
