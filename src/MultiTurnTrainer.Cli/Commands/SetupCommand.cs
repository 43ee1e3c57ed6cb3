namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt setup</c>: builds the native part for the libtorch of this machine.</summary>
internal static class SetupCommand
{
    private const string _help = """
        Build the native part for the libtorch of this machine, once (about 15 s with g++).

        It uses the torch folder that MTT_LIBTORCH names, else the PyTorch that python3 imports, else the system's libtorch-dev.
        The result is kept in MTT_CACHE, else XDG_CACHE_HOME/mtt, else ~/.cache/mtt.

        Examples:
          mtt setup
          MTT_LIBTORCH=/opt/venv/lib/python3.12/site-packages/torch mtt setup
        """;

    public static Command Create()
    {
        Command command = new("setup", _help);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        TorchRuntime.Notice = Console.Error.WriteLine;
        LibTorchInstallation installation = TorchRuntime.Load();
        Console.Out.WriteLine(
            Printable.Of($"libtorch {torch.__version__} ({installation.Origin}: {installation.Libraries})")
        );
        return ExitCode.Done;
    }
}
