using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Contexts;

/// <summary>A small model, and conversations to plan for it.</summary>
internal static class Policies
{
    public static readonly string Folder = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");

    public static readonly RowModel Model = RowModel.Load(Folder, new RowOptions());

    public static readonly ContextPolicy Busy = new()
    {
        History = new() { Turns = 6, Bite = 3 },
        Summary = new() { MaxTokens = 120 },
        Persona = new()
        {
            Text = "You are Bell, a patient clerk.",
            Reminder = "Stay Bell.",
            Every = 4,
        },
        State = new Dictionary<string, string> { ["goal"] = "refund" },
        Constraints = new() { RepeatEvery = 5 },
        Tools = new() { ExtractAbove = 200, ExtractTo = 60 },
    };

    public static Conversation Read(JsonObject row, string file = "test.jsonl") =>
        Conversation.FromJson(JsonText.ToView(row), file, 1);

    public static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    /// <summary>A conversation with tools, constraints, decisions and answers of many lengths.</summary>
    public static JsonObject Row(int seed, int turns, bool system = true, bool tools = true)
    {
        Random random = new(seed);
        JsonArray messages = [];
        if (system)
        {
            messages.Add(Message("system", "You answer questions about orders."));
        }

        string[] users =
        [
            "Under no circumstances use emojis. Where is it?",
            "Never mention the price.",
            "Let's go with the blue one, order 77-41.",
            "Thanks!",
            "What about the next one?",
            "You can use emojis again now.",
            "I'd prefer the small one.",
        ];
        for (int turn = 0; turn < turns; turn++)
        {
            messages.Add(Message("user", $"{users[random.Next(users.Length)]} {turn} {Words(random, 20)}"));
            for (int call = tools ? random.Next(3) : 0; call > 0; call--)
            {
                JsonObject asked = Message("assistant", "");
                asked["tool_calls"] = new JsonArray(
                    new JsonObject
                    {
                        ["id"] = $"c{turn}-{call}",
                        ["type"] = "function",
                        ["function"] = new JsonObject { ["name"] = "find", ["arguments"] = $$"""{"q": {{turn}}}""" },
                    }
                );
                messages.Add(asked);
                JsonObject result = Message("tool", $$"""{"id": {{turn}}, "text": "{{Words(random, 120)}}"}""");
                result["tool_call_id"] = $"c{turn}-{call}";
                messages.Add(result);
            }

            JsonObject answer = Message("assistant", $"{Words(random, 40)}.");
            if (random.Next(8) == 0)
            {
                answer["weight"] = 0;
            }

            messages.Add(answer);
        }

        return new JsonObject { ["id"] = $"c{seed}", ["messages"] = messages };
    }

    private static string Words(Random random, int most) =>
        string.Join(
            ' ',
            Enumerable
                .Range(0, random.Next(most))
                .Select(_ =>
                    random.Next(5) switch
                    {
                        0 => "lamp",
                        1 => "blue",
                        2 => "order",
                        3 => "the",
                        _ => "waits",
                    }
                )
        );
}

/// <summary>A token has four characters: for templates without a tokenizer.</summary>
internal sealed class FourCharacters : ITokenCounter
{
    public bool IsEstimate => true;

    public int Frame => 3;

    public int Count(Message message) => 4 + Count(message.Content ?? "");

    public int Count(string text) => (text.Length + 3) / 4;

    public int CountTools(JsonView tools) => Count(tools.GetRawText());
}
