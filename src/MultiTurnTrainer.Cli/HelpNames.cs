using System.CommandLine;

namespace MultiTurnTrainer.Cli;

/// <summary>What the help calls the value of an option that does not say so itself: one name for one meaning everywhere.</summary>
internal static class HelpNames
{
    private static readonly HashSet<Type> _counts =
    [
        typeof(int),
        typeof(int?),
        typeof(long),
        typeof(long?),
        typeof(ulong),
    ];
    private static readonly HashSet<Type> _numbers =
    [
        typeof(double),
        typeof(double?),
        typeof(decimal),
        typeof(decimal?),
    ];

    private static readonly Dictionary<string, string> _byName = new()
    {
        ["--device"] = "DEVICE",
        ["--eot"] = "TOKEN",
        ["--eval"] = "FILE",
        ["--family"] = "NAME",
        ["--fields"] = "FIELD",
        ["--filter"] = "EXPRESSION",
        ["--html"] = "FILE",
        ["--ignore"] = "CODE",
        ["--model"] = "DIR",
        ["--modes"] = "MODE,…",
        ["--now"] = "DATE",
        ["--output"] = "FILE",
        ["--rejects"] = "FILE",
        ["--roles"] = "ROLE",
        ["--shard"] = "I/N",
        ["--split"] = "NAME=SHARE,…",
        ["--template"] = "FILE",
    };

    /// <summary>Names the values of a command's options and of its subcommands'.</summary>
    public static void Apply(Command command)
    {
        foreach (Option option in command.Options.Where(option => option.HelpName is null))
        {
            option.HelpName =
                _counts.Contains(option.ValueType) ? "N"
                : _numbers.Contains(option.ValueType) ? "X"
                : _byName.GetValueOrDefault(option.Name);
        }

        foreach (Command subcommand in command.Subcommands)
        {
            Apply(subcommand);
        }
    }
}
