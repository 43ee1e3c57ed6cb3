using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Compaction;
using Microsoft.Extensions.AI;

#pragma warning disable MAAI001

namespace MultiTurnTrainer.Agents.Tests;

public sealed class PolicyCompactionStrategyTests
{
    [Fact]
    public async Task Compact_LongConversation_GivesThePromptOfThePolicy()
    {
        AgentPolicy policy = AgentPolicyTests.Policy("default", window: 600);
        ChatMessage[] messages = [.. AgentPolicyTests.Conversation(turns: 40)];
        IEnumerable<ChatMessage> compacted = await CompactionProvider.CompactAsync(
            new PolicyCompactionStrategy(policy),
            messages
        );
        Assert.Equal(
            policy.Assemble(messages).Messages.Select(message => message.Text),
            compacted.Select(message => message.Text)
        );
    }

    [Fact]
    public async Task Compact_TurnAfterTurn_GivesThePromptThatAFreshStartGives()
    {
        AgentPolicy policy = AgentPolicyTests.Policy("default", window: 600);
        using ScriptedChatClient model = new(call => new ChatMessage(
            ChatRole.Assistant,
            $"Answer {call}: {new string('a', 60)}"
        ));
        ChatClientAgent agent = new(
            model,
            new ChatClientAgentOptions
            {
                AIContextProviders = [new CompactionProvider(new PolicyCompactionStrategy(policy))],
            }
        );
        AgentSession session = await agent.CreateSessionAsync();
        List<ChatMessage> record = [];
        for (int turn = 0; turn < 25; turn++)
        {
            ChatMessage question = new(
                ChatRole.User,
                turn == 0 ? "Never use numbers in your answers." : $"Question {turn}: {new string('q', 40)}?"
            );
            record.Add(question);
            AgentResponse answer = await agent.RunAsync(question, session);
            // The framework asks no strategy about a conversation of one message.
            IReadOnlyList<ChatMessage> expected = turn == 0 ? record : policy.Assemble(record).Messages;
            Assert.Equal(expected.Select(message => message.Text), model.Prompts[^1].Select(message => message.Text));
            record.AddRange(answer.Messages);
        }

        Assert.True(model.Prompts[^1].Length < record.Count / 2);
    }

    [Fact]
    public async Task Compact_GroupsThatLeave_CarryTheReason()
    {
        AgentPolicy policy = AgentPolicyTests.Policy("default", window: 600);
        CompactionMessageIndex index = new([]);
        foreach (ChatMessage message in AgentPolicyTests.Conversation(turns: 40))
        {
            CompactionGroupKind kind =
                message.Role == ChatRole.System ? CompactionGroupKind.System
                : message.Role == ChatRole.User ? CompactionGroupKind.User
                : CompactionGroupKind.AssistantText;
            index.AddGroup(kind, [message], null);
        }

        Assert.True(await new PolicyCompactionStrategy(policy).CompactAsync(index));
        Assert.Contains(index.Groups, group => group.IsExcluded);
        Assert.All(
            index.Groups.Where(group => group.IsExcluded),
            group => Assert.StartsWith("context policy: ", group.ExcludeReason, StringComparison.Ordinal)
        );
        Assert.False(await new PolicyCompactionStrategy(policy).CompactAsync(index));
    }
}
