namespace MultiTurnTrainer.Templates.Values;

/// <summary>What a template may use before it is stopped: a hostile one ends with an error, never with a hang.</summary>
internal static class Limits
{
    /// <summary>The longest text, in UTF-16 units.</summary>
    public const int MaxText = 256 * 1024 * 1024;

    /// <summary>The longest list.</summary>
    public const int MaxList = 10_000_000;

    /// <summary>The most items of a <c>range</c>: jinja2's own limit.</summary>
    public const int MaxRange = 100_000;

    /// <summary>The deepest nesting of lists and dictionaries.</summary>
    public const int MaxDataDepth = 400;

    /// <summary>The deepest nesting of macro calls and recursive loops.</summary>
    public const int MaxDepth = 200;

    /// <summary>The deepest nesting of expressions and blocks in a template.</summary>
    public const int MaxNesting = 120;

    /// <summary>The most operations in one statement of a template.</summary>
    public const int MaxLinks = 2000;

    /// <summary>The most bits of a number.</summary>
    public const int MaxBits = 64 * 1024;

    /// <summary>The depth of a container around containers of a depth.</summary>
    public static int Around(int depth) =>
        depth < MaxDataDepth
            ? depth + 1
            : throw TemplateException.Type($"lists and dictionaries are nested more than {MaxDataDepth} deep");

    /// <summary>The error for a text that grew too long.</summary>
    public static TemplateException TextTooLong() => TemplateException.Type("the text grew beyond 256 M characters");
}
