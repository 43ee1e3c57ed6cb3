namespace MultiTurnTrainer.Tokenizers.Regex;

/// <summary>A pattern that cannot be compiled. The message says why and where.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message)
{
    /// <summary>Call on entering anything that recurses over a pattern: refuses it before the stack overflows.</summary>
    public static void ThrowIfTooDeep()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new RegexSyntaxException("too deep nest level");
        }
    }
}
