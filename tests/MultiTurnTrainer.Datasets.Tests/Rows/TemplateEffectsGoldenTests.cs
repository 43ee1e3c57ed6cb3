using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Templates.Tests;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

/// <summary>What 250 real templates drop, trim and inject, as the render goldens list it.</summary>
public class TemplateEffectsGoldenTests(ITestOutputHelper output)
{
    // The goldens' names for our codes; an entry that is not here has another meaning there.
    private static readonly Dictionary<string, string> _names = new(StringComparer.Ordinal)
    {
        ["system-dropped"] = "system-content-dropped",
        ["developer-dropped"] = "developer-content-dropped",
        ["user-dropped"] = "user-content-dropped",
        ["content-dropped"] = "assistant-content-dropped",
        ["tool-calls-dropped"] = "tool-calls-dropped",
        ["tool-content-dropped"] = "tool-content-dropped",
        ["answers-trimmed"] = "content-trimmed",
        ["questions-trimmed"] = "content-trimmed",
        ["content-trimmed"] = "content-trimmed",
        ["arguments-double-encoded"] = "arguments-double-encoded",
        ["date-injected"] = "date-injected",
    };

    // They print the first of parallel calls only; the goldens name calls where all are dropped.
    private static readonly string[] _firstCallOnly =
    [
        "ik_llama.cpp__GigaChat3-10B-A1.8B.jinja",
        "ik_llama.cpp__GigaChat3.1-10B-A1.8B.jinja",
        "trl__gptoss.jinja",
        "trl__gptoss_training.jinja",
    ];

    [Fact]
    public void Find_EveryGolden_NamesTheSameMessages()
    {
        ConcurrentBag<string> wrong = [];
        int equal = 0;
        Parallel.ForEach(
            RenderGoldens.ByTemplate(),
            group =>
            {
                ChatTemplate template = ChatTemplate.Parse(
                    File.ReadAllText(Path.Combine(RenderGoldens.TemplateFolder, group.Key))
                );
                foreach (RenderGoldens.Golden golden in group.Where(IsCompared))
                {
                    HashSet<string> listed = Listed(golden.Expected);
                    HashSet<string> found = Found(template, golden);
                    Interlocked.Add(ref equal, listed.Intersect(found).Count());
                    listed.SymmetricExceptWith(found);
                    foreach (string difference in listed)
                    {
                        wrong.Add($"{group.Key} {golden.Conversation} {difference}");
                    }
                }
            }
        );

        output.WriteLine($"{equal} effects equal");
        Assert.True(wrong.IsEmpty, string.Join("\n", wrong.Order(StringComparer.Ordinal).Take(100)));
    }

    // Of parts the goldens do not tell a dropped one; they lose track of exaone4's texts, and of tools that a template prints
    // as Python would (so tools are not compared), which our renderer keeps.
    private static bool IsCompared(RenderGoldens.Golden golden) =>
        !golden.Input.AddGenerationPrompt
        && !golden.Expected.TryGetProperty("error", out _)
        && golden.Conversation != "o-parts"
        && golden.Template != "axolotl__exaone4.jinja"
        && !(golden.Conversation == "o-tool-parallel" && _firstCallOnly.Contains(golden.Template));

    private static HashSet<string> Listed(JsonView expected) =>
        expected.TryGetProperty("lints", out JsonView lints)
            ?
            [
                .. lints
                    .EnumerateArray()
                    .Where(lint => _names.ContainsValue(lint[1].GetString()!))
                    .Select(lint => $"{(lint[0].Kind == JsonKind.Null ? "-1" : lint[0])} {lint[1]}"),
            ]
            : [];

    private static HashSet<string> Found(ChatTemplate template, RenderGoldens.Golden golden)
    {
        JsonObject json = new() { ["messages"] = JsonNode.Parse(golden.Input.Messages.GetRawText()) };
        Conversation conversation = Conversation.FromJson(JsonText.ToView(json));
        MaskedText masked = new(template.Render(golden.Input), [], []);
        BuiltRow row = new(new TokenRow(null, [], [], null), masked, ConversationView.Of(conversation), null!, [])
        {
            Printed = new PrintedConversation(masked.Rendered, conversation.Messages.Count),
            Unrendered = [],
        };
        return
        [
            .. TemplateEffects
                .Find(row, golden.Input.Tools)
                .Where(effect => _names.ContainsKey(effect.Code))
                .Select(effect => $"{effect.Message} {_names[effect.Code]}"),
        ];
    }
}
