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
        ["--eval"] = "FILE",
        ["--family"] = "NAME",
        ["--fields"] = "FIELD",
        ["--filter"] = "EXPRESSION",
        ["--html"] = "FILE",
        ["--ignore"] = "CODE",
        ["--modes"] = "MODE,…",
        ["--rejects"] = "FILE",
        ["--roles"] = "ROLE",
        ["--shard"] = "I/N",
        ["--split"] = "NAME=SHARE,…",
    };

    private static string? Choices(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum
            ? string.Join('|', Enum.GetNames(type).Order(StringComparer.Ordinal)).ToLowerInvariant()
            : null;
    }

    /// <summary>Names the values of a command's options and of its subcommands'.</summary>
    public static void Apply(Command command)
    {
        foreach (Option option in command.Options.Where(option => option.HelpName is null))
        {
            option.HelpName =
                _counts.Contains(option.ValueType) ? "N"
                : _numbers.Contains(option.ValueType) ? "X"
                : Choices(option.ValueType) ?? _byName.GetValueOrDefault(option.Name);
        }

        foreach (Command subcommand in command.Subcommands)
        {
            Apply(subcommand);
        }
    }
}
