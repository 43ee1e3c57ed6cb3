// Folder Cli: the executable: where it begins, what it prints and how it ends.
// Refuses to know: the commands, how anything is computed.
namespace MultiTurnTrainer.Cli;

/// <summary>What <c>mtt</c> returns to the shell.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Done, with findings at or above <c>--fail-on</c>.</summary>
    public const int Findings = 1;

    /// <summary>Could not: arguments, settings, files, device, endpoint.</summary>
    public const int Failed = 2;

    /// <summary>Stopped on purpose with the state saved.</summary>
    public const int Stopped = 3;

    /// <summary>Interrupted, resumable.</summary>
    public const int Interrupted = 130;
}
