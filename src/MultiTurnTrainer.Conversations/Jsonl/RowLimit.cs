namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>What is said of a row beyond the limit.</summary>
internal static class RowLimit
{
    /// <summary>The message for a limit in bytes.</summary>
    public static string Message(int limit) =>
        Invariant(
            $"the row is longer than {(limit % (1 << 20) == 0 ? $"{limit >> 20} MiB" : Counted.Of(limit, "byte"))}"
        );
}
