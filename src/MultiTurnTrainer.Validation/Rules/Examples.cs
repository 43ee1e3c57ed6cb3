namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Rows that examples are built from.</summary>
internal static class Examples
{
    /// <summary>A row without findings.</summary>
    public const string Good =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";
}
