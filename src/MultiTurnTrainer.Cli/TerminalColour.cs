namespace MultiTurnTrainer.Cli;

/// <summary>Whether text is coloured: in a terminal, unless the environment says otherwise (no-color.org, bixense.com/clicolors).</summary>
internal static class TerminalColour
{
    /// <param name="isRedirected">Whether the text goes to a file or a pipe.</param>
    public static bool IsWanted(bool isRedirected)
    {
        bool Set(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && value != "0";
        return !Set("NO_COLOR")
            && (
                Set("CLICOLOR_FORCE")
                || Set("FORCE_COLOR")
                || (!isRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb")
            );
    }
}
