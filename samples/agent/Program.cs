// An agent of Microsoft.Agents.AI that keeps its conversations in a session store of mtt, and whose prompts are those that its model was
// trained with:
//   dotnet run --project samples/agent -- [STORE.db] [POLICY] [MODEL_FOLDER]
// The model here is a stand-in that needs no network; put any IChatClient in its place.
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using MultiTurnTrainer.Agents;
using MultiTurnTrainer.Sessions.Stores;

string file = args.Length > 0 ? args[0] : "agent.db";
string policyName = args.Length > 1 ? args[1] : "support";
string? modelFolder = args.Length > 2 ? args[2] : null;

AIFunction orderStatus = AIFunctionFactory.Create(
    (int order) => $"Order {order}: packed, leaves tomorrow. {string.Concat(Enumerable.Repeat("Scanned. ", 40))}",
    "order_status",
    "Where an order is."
);
AgentPolicy policy = AgentPolicy.Load(policyName, modelFolder, window: 1000, tools: [orderStatus]);
await using ISessionStore store = SqliteSessionStore.Open(file, isServer: true);
SessionHistoryProvider history = new(
    store,
    policy,
    new SessionHistoryOptions { Instructions = "You answer questions about orders.", User = "emma" }
);

// Turns of a process that was killed.
await history.RecoverAsync();
StandIn model = new();
ChatClientAgent agent = new(
    model,
    new ChatClientAgentOptions
    {
        ChatHistoryProvider = history,
        ChatOptions = new ChatOptions { Tools = [orderStatus] },
        // Each call between tools is planned anew.
        RequirePerServiceCallChatHistoryPersistence = true,
    }
);

AgentSession session = await agent.CreateSessionAsync();
Console.WriteLine("turn   said so far   sent   answer");
int said = 1;
for (int turn = 1; turn <= 12; turn++)
{
    string question = turn == 1 ? "Never use abbreviations. Where is order 1?" : $"Where is order {turn}?";
    AgentResponse answer = await agent.RunAsync(question, session);
    said += 1 + answer.Messages.Count;
    Console.WriteLine($"{turn, 4}   {said - 1, 11}   {model.Sent, 4}   {answer.Text}");
}

Console.WriteLine($"the demand of turn 1 is in the last prompt: {(model.HoldsDemand ? "yes" : "no")}");
Console.WriteLine($"mtt sessions show {history.SessionIdOf(session)} --store sqlite:{file}");

/// <summary>Calls the tool for each question, then says what it found.</summary>
internal sealed class StandIn : IChatClient
{
    public int Sent { get; private set; }

    public bool HoldsDemand { get; private set; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ChatMessage[] prompt = [.. messages];
        Sent = prompt.Length;
        HoldsDemand = prompt[0].Text.Contains("abbreviations", StringComparison.Ordinal);
        if (prompt[^1].Role == ChatRole.Tool)
        {
            return Task.FromResult(
                new ChatResponse(new ChatMessage(ChatRole.Assistant, "It is packed and leaves tomorrow."))
            );
        }

        string order = new([.. prompt[^1].Text.Where(char.IsAsciiDigit)]);
        FunctionCallContent call = new(
            $"call-{order}",
            "order_status",
            new Dictionary<string, object?> { ["order"] = int.Parse(order) }
        );
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [call])));
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }
}
