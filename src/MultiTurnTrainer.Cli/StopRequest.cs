namespace MultiTurnTrainer.Cli;

/// <summary>SIGTERM, SIGUSR1 and Ctrl-C as a request to save and end, for commands that can be resumed.</summary>
internal static class StopRequest
{
    private static readonly CancellationTokenSource _stop = new();
    private static readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Cancelled when the process is asked to end.</summary>
    public static CancellationToken Token => _stop.Token;

    /// <summary>Whether it was Ctrl-C that asked.</summary>
    public static bool Interrupted { get; private set; }

    /// <summary>Begins to watch, from now to the end of the process; a second call changes nothing.</summary>
    public static void Watch()
    {
        if (_registrations.Count > 0)
        {
            return;
        }

        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        if (OperatingSystem.IsLinux())
        {
            // What Slurm sends before a time limit (--signal=USR1@120) has no name in .NET.
            const int usr1 = 10;
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)usr1, Stop));
        }

        _registrations.Add(
            PosixSignalRegistration.Create(
                PosixSignal.SIGINT,
                context =>
                {
                    // The second Ctrl-C is meant: the process ends at once.
                    if (!Interrupted)
                    {
                        Interrupted = true;
                        Stop(context);
                    }
                }
            )
        );
    }

    private static void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        _stop.Cancel();
    }
}
