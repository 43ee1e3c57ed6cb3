using MultiTurnTrainer.Agents.Messages;

#pragma warning disable MAAI001 // Microsoft.Agents.AI marks compaction as experimental.

namespace MultiTurnTrainer.Agents;

/// <summary>
/// A policy as a compaction strategy of Microsoft.Agents.AI: groups that leave the prompt are excluded with the policy's reason, and come
/// back where a later plan has them again. Shortened messages, and the one system message, stand beside the groups they replace. Groups
/// that another strategy has excluded stay out of the record. The framework asks no strategy about a conversation of one message.
/// </summary>
/// <param name="policy">The policy.</param>
/// <param name="trigger">When it runs; null for every call, as a policy decides by itself what must leave.</param>
public sealed class PolicyCompactionStrategy(AgentPolicy policy, CompactionTrigger? trigger = null)
    : CompactionStrategy(trigger ?? CompactionTriggers.Always, null)
{
    private const string ReasonPrefix = "context policy: ";
    private const string MadeKey = "mtt.context_policy";

    /// <inheritdoc/>
    protected override ValueTask<bool> CompactCoreAsync(
        CompactionMessageIndex index,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        string[] before = [.. index.GetIncludedMessages().Select(message => message.Text)];
        CompactionMessageGroup[] groups = [.. index.Groups];
        foreach (CompactionMessageGroup made in groups.Where(IsMade))
        {
            index.Groups.Remove(made);
        }

        CompactionMessageGroup[] record = [.. groups.Where(group => !IsMade(group) && !IsOthers(group))];
        AgentPrompt prompt = policy.Assemble(record.SelectMany(group => group.Messages));
        // By object, not by value: the same words may be said twice.
        ILookup<object?, ChatMessage> planned = prompt.Planned.ToLookup(
            message => (object?)message.Source,
            message => message.Message,
            ReferenceEqualityComparer.Instance
        );
        int first = 0;
        foreach (CompactionMessageGroup group in record)
        {
            Place(index, group, [.. group.Messages.SelectMany(message => planned[message])], prompt.Plan, first);
            // The plan counts canonical messages: each result of a call is one.
            first += group.Messages.Sum(message => ChatPart.Of(message).Count());
        }

        if (planned[null].Any())
        {
            Insert(index, 0, CompactionGroupKind.System, [.. planned[null]], null);
        }

        return new(!before.SequenceEqual(index.GetIncludedMessages().Select(message => message.Text)));
    }

    private static void Place(
        CompactionMessageIndex index,
        CompactionMessageGroup group,
        List<ChatMessage> inPrompt,
        ContextPlan plan,
        int first
    )
    {
        if (inPrompt.SequenceEqual(group.Messages, ReferenceEqualityComparer.Instance))
        {
            (group.IsExcluded, group.ExcludeReason) = (false, null);
            return;
        }

        Omission? omission = plan.LeftOut.FirstOrDefault(left => left.First <= first && first <= left.Last);
        group.IsExcluded = true;
        group.ExcludeReason = ReasonPrefix + (omission?.Reason ?? "it stands there in another form");
        if (inPrompt.Count > 0)
        {
            Insert(index, index.Groups.IndexOf(group) + 1, group.Kind, inPrompt, group.TurnIndex);
        }
    }

    private static void Insert(
        CompactionMessageIndex index,
        int at,
        CompactionGroupKind kind,
        List<ChatMessage> messages,
        int? turn
    )
    {
        ChatMessage[] marked = [.. messages.Select(message => message.Clone())];
        foreach (ChatMessage message in marked)
        {
            // The framework leaves what is so marked out when it looks for what has been said since.
            message.AdditionalProperties = new(message.AdditionalProperties ?? [])
            {
                [CompactionMessageGroup.SummaryPropertyKey] = true,
                [MadeKey] = true,
            };
        }

        index.InsertGroup(at, kind, marked, turn);
    }

    private static bool IsMade(CompactionMessageGroup group) =>
        group.Messages.Any(message => message.AdditionalProperties?.ContainsKey(MadeKey) ?? false);

    private static bool IsOthers(CompactionMessageGroup group) =>
        group.IsExcluded && !(group.ExcludeReason?.StartsWith(ReasonPrefix, StringComparison.Ordinal) ?? false);
}
