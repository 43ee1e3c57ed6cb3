using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>Builds small records and plans them.</summary>
internal sealed class Chat
{
    private readonly JsonArray _messages = [];

    public Chat System(string text) => Add("system", text);

    public Chat User(string text) => Add("user", text);

    public Chat Assistant(string text) => Add("assistant", text);

    public Chat Call(string id, string name, string arguments)
    {
        _messages.Add(
            new JsonObject
            {
                ["role"] = "assistant",
                ["content"] = "",
                ["tool_calls"] = new JsonArray(
                    new JsonObject
                    {
                        ["id"] = id,
                        ["type"] = "function",
                        ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
                    }
                ),
            }
        );
        return this;
    }

    public Chat Result(string? id, string text)
    {
        JsonObject message = new() { ["role"] = "tool", ["content"] = text };
        if (id is not null)
        {
            message["tool_call_id"] = id;
        }

        _messages.Add(message);
        return this;
    }

    public Chat Turns(int count, Func<int, string>? user = null, int words = 20)
    {
        for (int i = 0; i < count; i++)
        {
            User(user?.Invoke(i) ?? $"What about thing number {i}?");
            Assistant(string.Join(' ', Enumerable.Repeat("word", words)));
        }

        return this;
    }

    public Conversation Build(JsonObject? metadata = null)
    {
        JsonObject row = new() { ["messages"] = _messages.DeepClone() };
        if (metadata is not null)
        {
            row["metadata"] = metadata;
        }

        return Conversation.FromJson(JsonText.ToView(row));
    }

    /// <summary>The plan of the answer that follows the record.</summary>
    public ContextPlan Plan(ContextPolicy policy, int window = 100_000, JsonObject? metadata = null) =>
        PlanOf(Build(metadata), policy, window);

    public static ContextPlan PlanOf(Conversation conversation, ContextPolicy policy, int window)
    {
        ContextSession session = Open(conversation, policy, window);
        foreach (Message message in conversation.Messages)
        {
            session.Append(message);
        }

        return session.Plan();
    }

    public static ContextSession Open(Conversation conversation, ContextPolicy policy, int window) =>
        new(policy, ContextInputs.Of(conversation), new FourCharacters(), window);

    /// <summary>What a session saves, written and read again.</summary>
    public static PlanState Saved(ContextSession session) =>
        RecordJson.Read<PlanState>(RecordJson.ToLine(session.Save()!));

    /// <summary>A session that goes on from there.</summary>
    public static ContextSession Resume(
        PlanState state,
        Conversation conversation,
        ContextPolicy policy,
        ContextInputs inputs
    ) =>
        new(
            policy,
            inputs,
            new FourCharacters(),
            100_000,
            state,
            conversation.Messages.Skip(state.From).Take(state.Count - state.From)
        );

    private Chat Add(string role, string text)
    {
        _messages.Add(new JsonObject { ["role"] = role, ["content"] = text });
        return this;
    }
}

/// <summary>A token has four characters, a message four tokens around it.</summary>
internal sealed class FourCharacters : ITokenCounter
{
    public bool IsEstimate => false;

    public int Frame => 3;

    public int Count(Message message) =>
        4
        + Count(message.Content ?? "")
        + message.ToolCalls.Sum(call => Count(call.Name) + Count(call.Arguments?.ToString() ?? "") + 4);

    public int Count(string text) => (text.Length + 3) / 4;

    public int CountTools(JsonView tools) => Count(tools.GetRawText());
}
