using System.CommandLine;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt doctor</c>: the state of the machine.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Command command = new("doctor", "Report what this machine has and what is missing.");
        command.SetAction(_ =>
        {
            Console.Out.WriteLine($"mtt {Manifest.ToolVersion}");
            return ExitCode.Done;
        });
        return command;
    }
}
