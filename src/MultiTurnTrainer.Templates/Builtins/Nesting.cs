namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Turns a recursion that is about to overflow the stack into an error.</summary>
internal static class Nesting
{
    /// <summary>Call on entering anything that recurses over data or code.</summary>
    public static void Enter()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw TemplateException.Type("maximum recursion depth exceeded");
        }
    }
}
