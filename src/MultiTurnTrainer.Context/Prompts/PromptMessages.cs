// Folder Prompts: from a plan to the messages that a template sees.
// Refuses to know: why an item is in the plan, how a template prints it.
using MultiTurnTrainer.Context.Planning;

namespace MultiTurnTrainer.Context.Prompts;

/// <summary>
/// Lays the items of a plan out as messages. Nothing that a policy adds is a message of its own beside a system message:
/// everything at the top is one block in the one system message or at the head of the first user message, reminders and past
/// exchanges that came back stand at the head of their user's message, and what stands for a tool's result stands in its message.
/// </summary>
public static class PromptMessages
{
    /// <summary>The messages of a prompt, in order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="record">The messages it was made of.</param>
    /// <exception cref="MttException">There is no message that could carry the block.</exception>
    public static IReadOnlyList<PromptMessage> Of(ContextPlan plan, IReadOnlyList<Message> record)
    {
        List<PromptMessage> messages = new(plan.Items.Count);
        List<int> leading = [];
        List<int> injected = [];
        List<PlanItem> heads = [];
        foreach (PlanItem item in plan.Items)
        {
            switch (item.Kind)
            {
                case ItemKind.System when item.Text is null:
                    leading.AddRange(item.Sources);
                    break;
                case ItemKind.Reminder or ItemKind.Retrieved:
                    heads.Add(item);
                    break;
                case ItemKind.Message:
                    messages.Add(Headed(record[item.Sources[0]], item, heads));
                    heads.Clear();
                    break;
                case ItemKind.Facts or ItemKind.Placeholder:
                    messages.Add(new PromptMessage(item.Sources, record[item.Sources[0]], Content: item.Text));
                    break;
                default:
                    injected.AddRange(item.Sources);
                    break;
            }
        }

        if (plan.Placement == BlockPlacement.System)
        {
            messages.InsertRange(0, System(plan.Block, record, leading, injected));
        }
        else
        {
            PutBeforeUser(messages, plan, record, leading, injected);
        }

        return messages;
    }

    private static PromptMessage Headed(Message message, PlanItem item, List<PlanItem> heads) =>
        heads.Count == 0
            ? new PromptMessage(item.Sources, message)
            : new PromptMessage(
                [.. item.Sources, .. heads.SelectMany(head => head.Sources)],
                message,
                Head: string.Join("\n\n", heads.Select(head => head.Text))
            );

    private static IEnumerable<PromptMessage> System(
        string block,
        IReadOnlyList<Message> record,
        List<int> leading,
        List<int> injected
    ) =>
        block.Length == 0
            ? leading.Select(index => new PromptMessage([index], record[index]))
            : [new PromptMessage([.. leading, .. injected], null, Top(block, record, leading))];

    private static void PutBeforeUser(
        List<PromptMessage> messages,
        ContextPlan plan,
        IReadOnlyList<Message> record,
        List<int> leading,
        List<int> injected
    )
    {
        string top = Top(plan.Block, record, leading);
        if (top.Length == 0)
        {
            return;
        }

        int user = messages.FindIndex(message => message.Original!.Role == Role.User);
        if (user < 0)
        {
            throw new MttException(
                "the template takes no system message, and no user message is there to carry what the policy adds",
                "Leave out conversations that an assistant opens, or use a template with a system message."
            );
        }

        PromptMessage carrier = messages[user];
        messages[user] = carrier with
        {
            Sources = [.. carrier.Sources, .. leading, .. injected],
            Head = carrier.Head is null ? top : $"{top}\n\n{carrier.Head}",
        };
    }

    private static string Top(string block, IReadOnlyList<Message> record, List<int> leading)
    {
        IEnumerable<string> texts = leading
            .Select(index => record[index].Content ?? "")
            .Append(block)
            .Where(text => text.Length > 0);
        return string.Join("\n\n", texts);
    }
}
