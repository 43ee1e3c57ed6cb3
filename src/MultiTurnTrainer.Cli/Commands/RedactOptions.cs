namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The options of the commands that may replace values by placeholders.</summary>
internal sealed class RedactOptions
{
    private readonly Option<bool> _redact = new("--redact")
    {
        Description = "Replace mail addresses, telephone numbers and keys by placeholders, and list where they stood.",
    };

    private readonly Option<string[]> _fields = new("--redact-field")
    {
        Description = "With --redact: a field whose values are replaced too, wherever it stands; repeatable.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    public void AddTo(Command command)
    {
        command.Add(_redact);
        command.Add(_fields);
    }

    /// <summary>The names of the fields; null where nothing is to be redacted.</summary>
    /// <exception cref="MttException">Fields are named and nothing is to be redacted.</exception>
    public IReadOnlyList<string>? Fields(ParseResult parsed)
    {
        string[] fields = parsed.GetValue(_fields)!;
        if (parsed.GetValue(_redact))
        {
            return fields;
        }

        return fields.Length == 0
            ? null
            : throw new MttException("--redact-field says what --redact replaces too", "Give --redact beside it.");
    }

    /// <summary>What was replaced, by kind.</summary>
    /// <param name="counts">How often.</param>
    /// <param name="list">The file that says where; null for none.</param>
    public static string Report(IReadOnlyDictionary<string, long> counts, string? list)
    {
        string kinds = string.Join(", ", counts.Select(pair => Invariant($"{pair.Key} {pair.Value:N0}")));
        string where = list is null ? "" : $", listed in {Printable.Line(list)}";
        return counts.Count == 0 ? "nothing to redact\n" : $"redacted: {kinds}{where}\n";
    }
}
