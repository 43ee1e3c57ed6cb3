using System.Collections.Concurrent;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Templates.Tests;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

/// <summary>Every mask that the published rule decides.</summary>
public class MaskRuleGoldenTests(ITestOutputHelper output)
{
    [Fact]
    public void Apply_EveryDecidedGolden_GivesTheSameCharactersAndRefusals()
    {
        ConcurrentBag<string> wrong = [];
        ConcurrentDictionary<string, int> undecided = new();
        int equal = 0;
        Parallel.ForEach(
            RenderGoldens.ByTemplate(),
            group =>
            {
                ChatTemplate template = ChatTemplate.Parse(
                    File.ReadAllText(Path.Combine(RenderGoldens.TemplateFolder, group.Key))
                );
                foreach (RenderGoldens.Golden golden in group)
                {
                    if (golden.Expected.TryGetProperty("error", out _))
                    {
                        continue;
                    }

                    string? problem = Check(template, golden);
                    if (golden.Expected.TryGetProperty("why", out JsonView why))
                    {
                        string key = $"{why.GetRawText()} {(problem is null ? "equal" : "differs")}";
                        undecided.AddOrUpdate(key, 1, (_, n) => n + 1);
                    }
                    else if (problem is null)
                    {
                        Interlocked.Increment(ref equal);
                    }
                    else
                    {
                        wrong.Add($"{group.Key} {golden.Conversation} {golden.Input.AddGenerationPrompt}: {problem}");
                    }
                }
            }
        );

        output.WriteLine($"{equal} masks equal, {wrong.Count} differ");
        foreach ((string key, int count) in undecided.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"undecided {key}: {count}");
        }

        Assert.True(wrong.IsEmpty, string.Join("\n", wrong.Order(StringComparer.Ordinal).Take(200)));
    }

    private static string? Check(ChatTemplate template, RenderGoldens.Golden golden)
    {
        MaskedText masked = MaskRule.Apply(template, golden.Input, Answers.Of(golden.Input.Messages), golden.Stops);
        string text = masked.Rendered.Text;
        string supervised = Describe(masked.Supervised.Select(r => (Points(text, r.Start), Points(text, r.End))));
        string expected = Describe(Ranges(golden.Expected, "supervised"));
        if (supervised != expected)
        {
            return $"learns {supervised}, not {expected}";
        }

        string generation = Describe(masked.Generation.Select(r => (Points(text, r.Start), Points(text, r.End))));
        string expectedGeneration = Describe(Ranges(golden.Expected, "generation"));
        if (generation != expectedGeneration)
        {
            return $"generation {generation}, not {expectedGeneration}";
        }

        string refusals = string.Join(' ', masked.Refusals.Select(r => $"{r.Message}:{r.Code}"));
        string expectedRefusals = golden.Expected.TryGetProperty("refusals", out JsonView list)
            ? string.Join(' ', list.EnumerateArray().Select(r => $"{r[0].GetInt32()}:{r[1].GetString()}"))
            : "";
        return refusals == expectedRefusals ? null : $"refuses '{refusals}', not '{expectedRefusals}'";
    }

    private static IEnumerable<(int, int)> Ranges(JsonView golden, string name) =>
        golden.TryGetProperty(name, out JsonView ranges)
            ? ranges.EnumerateArray().Select(r => (r[0].GetInt32(), r[1].GetInt32()))
            : [];

    private static string Describe(IEnumerable<(int Start, int End)> ranges) =>
        string.Join(' ', ranges.Select(r => $"{r.Start}-{r.End}"));

    private static int Points(string text, int at) => text.AsSpan(0, at).ToArray().Count(c => !char.IsLowSurrogate(c));
}
