namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Names the item of a plan at a place of its prompt.</summary>
internal static class PlanItemText
{
    /// <summary>The item, with the messages it comes from.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="message">The message, by its place in the prompt.</param>
    /// <param name="offset">The place in its content, in UTF-16 units; negative for what the template prints around it.</param>
    public static string At(AssembledPrompt prompt, int message, int offset)
    {
        if (message >= prompt.Messages.Count)
        {
            return "the answer";
        }

        PromptMessage found = prompt.Messages[message];
        if (offset >= 0 && (found.Original is null || offset < (found.Head?.Length ?? 0)))
        {
            return Injected(prompt.Plan, found, offset);
        }

        if (found.Original is null)
        {
            return "the template's text around the system message";
        }

        PlanItem? replaced = found.Content is null
            ? null
            : prompt.Plan.Items.FirstOrDefault(item =>
                item.Kind is ItemKind.Facts or ItemKind.Placeholder && item.Sources[0] == found.Sources[0]
            );
        return replaced is null
            ? Invariant($"messages[{found.Sources[0]}] ({found.Original.RoleName})")
            : Named(replaced);
    }

    private static string Injected(ContextPlan plan, PromptMessage message, int offset)
    {
        string text = message.Head ?? message.Content ?? "";
        int from = 0;
        foreach (PlanItem item in plan.Items.Where(item => item.Text is { Length: > 0 }))
        {
            int start = text.IndexOf(item.Text!, from, StringComparison.Ordinal);
            if (start > offset)
            {
                break;
            }

            if (start >= 0 && offset < start + item.Text!.Length)
            {
                return Named(item);
            }

            from = start < 0 ? from : start + item.Text!.Length;
        }

        return "the policy's text at the top";
    }

    private static string Named(PlanItem item) =>
        item.Sources.Count == 0
            ? $"{item.Kind.ToString().ToLowerInvariant()} of the policy or the row"
            : Invariant($"{item.Kind.ToString().ToLowerInvariant()} of messages[{string.Join(", ", item.Sources)}]");
}
