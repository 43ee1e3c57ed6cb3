using Microsoft.Extensions.AI;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Agents.Tests;

public sealed class AgentPolicyTests
{
    [Fact]
    public void Assemble_ShortConversation_GivesTheSameObjects()
    {
        ChatMessage[] messages =
        [
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, "Hello."),
            new(ChatRole.Assistant, "Hi."),
            new(ChatRole.User, [new TextContent("Look: "), new UriContent("file:///cat.png", "image/png")]),
        ];
        Assert.Equal(messages, Policy("naive").Assemble(messages).Messages);
    }

    [Fact]
    public void Assemble_LongConversation_HoldsTheDemandAndNamesWhatLeft()
    {
        ChatMessage[] messages = [.. Conversation(turns: 40)];
        AgentPrompt prompt = Policy("default", window: 600).Assemble(messages);
        Assert.Equal(ChatRole.System, prompt.Messages[0].Role);
        Assert.Contains("Never use numbers", prompt.Messages[0].Text, StringComparison.Ordinal);
        Assert.Equal(1, prompt.Messages.Count(message => message.Role == ChatRole.System));
        Assert.Same(messages[^1], prompt.Messages[^1]);
        int missing = messages.Count(message => message.Role != ChatRole.System && !prompt.Messages.Contains(message));
        Assert.True(missing > 40);
        Assert.True(missing <= prompt.Plan.LeftOut.Sum(left => left.Last - left.First + 1));
        Assert.All(prompt.Plan.LeftOut, left => Assert.NotEmpty(left.Reason));
    }

    [Fact]
    public void Assemble_ResultsOfSeveralCallsInOneMessage_ShortensEachAndKeepsTheOthers()
    {
        ContextPolicy policy = new()
        {
            Tools = new() { KeepResults = 1, ExtractAbove = 0 },
            Overflow = OverflowMode.Allow,
        };
        ChatMessage results = new(
            ChatRole.Tool,
            [
                new FunctionResultContent("a", "sunny " + new string('x', 400)),
                new FunctionResultContent("b", new { wind = 3 }),
            ]
        );
        ChatMessage[] messages =
        [
            new(ChatRole.User, "How is the weather?"),
            new(
                ChatRole.Assistant,
                [
                    new FunctionCallContent("a", "sky", new Dictionary<string, object?> { ["town"] = "Ulm" }),
                    new FunctionCallContent("b", "wind"),
                ]
            ),
            results,
            new(ChatRole.Assistant, "Sunny."),
            new(ChatRole.User, "And tomorrow?"),
        ];
        AgentPrompt prompt = new AgentPolicy(new PolicyModel(policy, () => new ByteTokenCounter(), 4000)).Assemble(
            messages
        );
        ChatMessage tool = Assert.Single(prompt.Messages, message => message.Role == ChatRole.Tool);
        FunctionResultContent[] both = [.. tool.Contents.Cast<FunctionResultContent>()];
        Assert.Equal(["a", "b"], both.Select(result => result.CallId));
        Assert.Same(messages[1], prompt.Messages[1]);
        Assert.Equal("sunny ", ((string)((FunctionResultContent)results.Contents[0]).Result!)[..6]);
    }

    [Fact]
    public void Load_AFile_IsThePolicyThatTheCommandsRead()
    {
        using TempFolder folder = new();
        folder.Write("policy.yaml", "context:\n  history: {turns: 3, bite: 2}\n");
        AgentPolicy policy = AgentPolicy.Load(folder["policy.yaml"]);
        Assert.Equal(3, policy.Model.Policy.History.Turns);
        folder.Write("wrong.yaml", "history: {turn: 3}\n");
        MttException problem = Assert.Throws<MttException>(() => AgentPolicy.Load(folder["wrong.yaml"]));
        Assert.Contains("wrong.yaml:1:11", problem.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'turns'?", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reduce_BehindAChatClient_SendsThePlannedPromptOfTheWholeConversation()
    {
        using ScriptedChatClient model = new(_ => new ChatMessage(ChatRole.Assistant, "Yes."));
        AgentPolicy policy = Policy("default", window: 600);
        using IChatClient client = new ChatClientBuilder(model).UseChatReducer(new PolicyChatReducer(policy)).Build();
        ChatMessage[] messages = [.. Conversation(turns: 40)];
        await client.GetResponseAsync(messages);
        Assert.Equal(
            policy.Assemble(messages).Messages.Select(message => message.Text),
            model.Prompts[0].Select(message => message.Text)
        );
        Assert.True(model.Prompts[0].Length < messages.Length / 2);
    }

    internal static AgentPolicy Policy(string name, int? window = null) => AgentPolicy.Load(name, window: window);

    internal static IEnumerable<ChatMessage> Conversation(int turns)
    {
        yield return new ChatMessage(ChatRole.System, "You help.");
        yield return new ChatMessage(ChatRole.User, "Never use numbers in your answers.");
        for (int turn = 0; turn < turns; turn++)
        {
            yield return new ChatMessage(ChatRole.Assistant, $"Answer {turn}: {new string('a', 40)}");
            yield return new ChatMessage(ChatRole.User, $"Question {turn}: {new string('q', 40)}?");
        }
    }
}
