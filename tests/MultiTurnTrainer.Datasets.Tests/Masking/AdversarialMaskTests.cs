using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Templates.Tests;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

/// <summary>
/// An oracle that knows nothing of provenance: the letters of one message are exchanged for others and the conversation
/// is rendered again. What changed in the text is that message's: supervised, every character of it, when the message is
/// an answer to learn, and never when it is not.
/// </summary>
public partial class AdversarialMaskTests(ITestOutputHelper output)
{
    [Fact]
    public void Apply_ExchangedLetters_AreSupervisedExactlyInAnswers()
    {
        JsonObject[] conversations =
        [
            .. File.ReadLines(
                    Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Datasets.Tests/Masking/adversarial.jsonl")
                )
                .Select(line => JsonNode.Parse(line)!.AsObject()),
        ];
        ConcurrentBag<string> wrong = [];
        int variants = 0;
        Parallel.ForEach(
            RenderGoldens.ByTemplate(),
            group =>
            {
                RenderGoldens.Golden example = group.First();
                ChatTemplate template = ChatTemplate.Parse(
                    File.ReadAllText(Path.Combine(RenderGoldens.TemplateFolder, group.Key))
                );
                foreach (JsonObject conversation in conversations)
                {
                    foreach (string? problem in Check(template, example, conversation))
                    {
                        Interlocked.Increment(ref variants);
                        if (problem is not null)
                        {
                            wrong.Add($"{group.Key} {conversation["id"]} {problem}");
                        }
                    }
                }
            }
        );

        output.WriteLine($"{variants} exchanges");
        Assert.True(wrong.IsEmpty, string.Join("\n", wrong.Order(StringComparer.Ordinal).Take(50)));
    }

    private static IEnumerable<string?> Check(
        ChatTemplate template,
        RenderGoldens.Golden example,
        JsonObject conversation
    )
    {
        MaskedText? whole = Mask(template, example, conversation);
        if (whole is null)
        {
            yield break;
        }

        int[] targets = [.. Answers.Of(conversation["messages"].Deserialize<JsonView>())];
        for (int i = 0; i < conversation["messages"]!.AsArray().Count; i++)
        {
            if (whole.Refusals.Any(refusal => refusal.Message == i))
            {
                continue;
            }

            JsonObject other = conversation.DeepClone().AsObject();
            Exchange(other["messages"]![i]!.AsObject());
            MaskedText? changed = Mask(template, example, other);
            if (changed is not null && changed.Rendered.Text.Length == whole.Rendered.Text.Length)
            {
                yield return Compare(whole, changed.Rendered.Text, i, Array.IndexOf(targets, i) >= 0);
            }
        }
    }

    private static string? Compare(MaskedText whole, string changed, int message, bool isSupervised)
    {
        string text = whole.Rendered.Text;
        bool[] supervised = new bool[text.Length];
        foreach ((int start, int end) in whole.Supervised)
        {
            supervised.AsSpan(start..end).Fill(true);
        }

        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] != changed[at] && supervised[at] != isSupervised)
            {
                string near = text[Math.Max(0, at - 30)..Math.Min(text.Length, at + 30)];
                return $"message {message}: {(isSupervised ? "not supervised" : "supervised")} at {at}, near '{near}'";
            }
        }

        return null;
    }

    private static MaskedText? Mask(ChatTemplate template, RenderGoldens.Golden example, JsonObject conversation)
    {
        JsonView messages = conversation["messages"].Deserialize<JsonView>();
        RenderInput input = new(messages)
        {
            Tools = conversation["tools"]?.Deserialize<JsonView>(),
            BosToken = example.Input.BosToken,
            EosToken = example.Input.EosToken,
            Now = example.Input.Now,
        };
        try
        {
            return MaskRule.Apply(template, input, Answers.Of(messages), example.Stops);
        }
        catch (TemplateException)
        {
            return null;
        }
    }

    private static void Exchange(JsonObject message)
    {
        foreach (string key in (string[])["content", "reasoning_content", "thinking"])
        {
            if (message[key] is { } value)
            {
                message[key] = Exchanged(value);
            }
        }

        foreach (JsonNode? call in message["tool_calls"]?.AsArray() ?? [])
        {
            JsonObject function = call!["function"]!.AsObject();
            function["arguments"] = Exchanged(function["arguments"]!);
        }
    }

    // Keys stay, and so do markers such as <think>, types of parts and escapes: templates decide by them.
    private static JsonNode? Exchanged(JsonNode? node) =>
        node switch
        {
            JsonObject owner => new JsonObject(
                owner.Select(p =>
                    KeyValuePair.Create(p.Key, p.Key == "type" ? p.Value?.DeepClone() : Exchanged(p.Value))
                )
            ),
            JsonArray list => new JsonArray([.. list.Select(Exchanged)]),
            JsonValue value when value.GetValueKind() == JsonValueKind.String => IsJson(value.GetValue<string>())
                ? Exchanged(JsonNode.Parse(value.GetValue<string>()))!.ToJsonString()
                : Exchanged(value.GetValue<string>()),
            _ => node?.DeepClone(),
        };

    private static bool IsJson(string text) => text.StartsWith("{\"", StringComparison.Ordinal);

    private static string Exchanged(string text) =>
        Words().Replace(text, match => match.Value.Length > 1 ? match.Value : Next(match.Value[0]).ToString());

    private static char Next(char c) => c is 'z' or 'Z' ? (char)(c - 25) : (char)(c + 1);

    [GeneratedRegex(@"<[^<>\s]*>|\[[^\[\]\s]*\]|\{[{%#].*?[#%}]\}|[a-zA-Z]")]
    private static partial Regex Words();
}
