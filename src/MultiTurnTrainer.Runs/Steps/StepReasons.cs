namespace MultiTurnTrainer.Runs.Steps;

/// <summary>What differs between two lists of parts, in words.</summary>
internal static class StepReasons
{
    /// <summary>The part that is the program's version.</summary>
    public const string Program = "program";

    /// <summary>Begins the name of a part that is a command line.</summary>
    public const string Command = "command ";

    /// <summary>Begins the name of a part that is a file's hash.</summary>
    public const string File = "file ";

    /// <summary>Begins the name of a part that says how an earlier step was made.</summary>
    public const string Made = "made by ";

    private const int HashLength = 64;

    /// <summary>One line a difference. That a command line differs is said only where nothing else does: it follows from settings.</summary>
    public static IReadOnlyList<string> Between(
        IReadOnlyDictionary<string, string> then,
        IReadOnlyDictionary<string, string> now
    )
    {
        string[] changed =
        [
            .. then
                .Keys.Union(now.Keys)
                .Where(name => then.GetValueOrDefault(name) != now.GetValueOrDefault(name))
                .Order(StringComparer.Ordinal),
        ];
        string[] telling =
        [
            .. changed.Where(name => !name.StartsWith(Command, StringComparison.Ordinal) || changed.All(IsCommand)),
        ];
        return [.. telling.Select(name => Say(name, then.GetValueOrDefault(name), now.GetValueOrDefault(name)))];
    }

    private static bool IsCommand(string name) => name.StartsWith(Command, StringComparison.Ordinal);

    private static string Say(string name, string? then, string? now) =>
        name switch
        {
            Program => $"made by {then}, this is {now}",
            _ when IsCommand(name) => "its command line is another",
            _ when name.StartsWith(Made, StringComparison.Ordinal) => $"follows {name[Made.Length..]}",
            _ when name.StartsWith(File, StringComparison.Ordinal) => $"{name[File.Length..]} {Change(then, now)}",
            _ when then?.Length == HashLength || now?.Length == HashLength => $"{name} {Change(then, now)}",
            _ => $"{name} was {then ?? "none"}, is {now ?? "none"}",
        };

    private static string Change(string? then, string? now) =>
        then is null ? "is new"
        : now is null ? "is read no more"
        : "has other bytes";
}
