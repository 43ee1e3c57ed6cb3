namespace MultiTurnTrainer.Files;

/// <summary>The names that members have in files and on the command line.</summary>
public static class Naming
{
    /// <summary><c>MaxLength</c> as <c>max_length</c>.</summary>
    public static string SnakeCase(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);

    /// <summary>An enum's value as <c>back_references</c>.</summary>
    public static string SnakeCase(Enum value) => SnakeCase(value.ToString());

    /// <summary>An enum's value as <c>distill-offline</c>.</summary>
    public static string KebabCase(Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
