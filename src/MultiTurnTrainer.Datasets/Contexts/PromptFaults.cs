namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>What must never be so in a prompt, looked for in the prompt itself and not in its plan.</summary>
internal static class PromptFaults
{
    /// <summary>The faults, in words.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="record">The messages so far.</param>
    /// <param name="tokens">The prompt's tokens.</param>
    /// <param name="model">The policy and its model.</param>
    public static IEnumerable<string> Find(
        AssembledPrompt prompt,
        IReadOnlyList<Message> record,
        int tokens,
        PolicyModel model
    )
    {
        if (tokens > model.Budget && model.Policy.Overflow != OverflowMode.Allow)
        {
            yield return Invariant($"exceeded budget: {tokens:N0} tokens where {model.Budget:N0} may be used");
        }

        foreach (int message in SplitGroups(prompt, record))
        {
            yield return Invariant($"split group: messages[{message}]");
        }

        if (prompt.Text.Length == 0)
        {
            yield break;
        }

        foreach (Message message in record.TakeWhile(message => message.Role is Role.System or Role.Developer))
        {
            if (message.Content is { } text && !prompt.Text.Contains(text.Trim(), StringComparison.Ordinal))
            {
                yield return "missing system prompt";
            }
        }

        foreach (PlanItem item in prompt.Plan.Items.Where(item => item.Kind == ItemKind.Constraint))
        {
            if (!prompt.Text.Contains(item.Text!, StringComparison.Ordinal))
            {
                yield return $"lost constraint: {item.Text}";
            }
        }
    }

    /// <summary>Calls without their results, results without their call, answers without the words they answer.</summary>
    private static IEnumerable<int> SplitGroups(AssembledPrompt prompt, IReadOnlyList<Message> record)
    {
        HashSet<int> shown = [];
        foreach (PromptMessage message in prompt.Messages.Where(message => message.Original is not null))
        {
            shown.Add(message.Sources[0]);
        }

        int group = -1;
        for (int i = 0; i < record.Count; i++)
        {
            Message message = record[i];
            bool isPart = message.Role == Role.Tool && group >= 0;
            if (isPart && shown.Contains(i) != shown.Contains(group))
            {
                yield return i;
            }

            group =
                message.Role == Role.Assistant && message.ToolCalls.Count > 0 ? i
                : isPart || message.Role is Role.System or Role.Developer ? group
                : -1;
        }
    }
}
