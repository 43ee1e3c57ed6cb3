namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Differences as lines for people, or as one JSON object.</summary>
/// <param name="output">Where they go.</param>
/// <param name="isJson">Which of the two.</param>
/// <param name="most">Rows of a kind that the text shows.</param>
internal sealed class DiffText(TextWriter output, bool isJson, int most)
{
    private readonly Dictionary<ChangeKind, int> _shown = [];
    private bool _any;

    /// <summary>Writes one row.</summary>
    public void Write(RowChange change)
    {
        if (isJson)
        {
            output.Write(_any ? ",\n" : "{\"schemaVersion\":1,\"rows\":[\n");
            output.Write(JsonText.Line(Fields(change)));
            _any = true;
            return;
        }

        int shown = _shown.GetValueOrDefault(change.Kind);
        _shown[change.Kind] = shown + 1;
        if (shown < most)
        {
            output.WriteLine(Line(change));
        }
        else if (shown == most && most > 0)
        {
            output.WriteLine($"  more rows are {Name(change.Kind)}: --show N or --format json has them");
        }
    }

    /// <summary>Writes the counts.</summary>
    public void End(DifferenceCounts counts)
    {
        if (isJson)
        {
            output.Write(_any ? "\n" : "{\"schemaVersion\":1,\"rows\":[");
            output.Write($"],\"summary\":{JsonText.Line(Fields(counts))}}}\n");
            return;
        }

        if (counts.Any)
        {
            output.WriteLine();
        }

        output.WriteLine(
            $"{Counted.Of(counts.OldRows, "row")} before, {Invariant($"{counts.NewRows:N0}")} after: {All(counts.Rows, counts.Same)}"
        );
        if (counts.Messages.Count > 0)
        {
            output.WriteLine($"messages of changed rows: {All(counts.Messages, null)}");
        }

        if (counts.Tools > 0)
        {
            output.WriteLine($"{Counted.Of(counts.Tools, "changed row has", "changed rows have")} other tools");
        }
    }

    private static string All(SortedDictionary<ChangeKind, long> kinds, long? same)
    {
        IEnumerable<string> words = kinds.Select(pair => Invariant($"{pair.Value:N0} {Words(pair.Key)}"));
        return string.Join(", ", same is { } count ? words.Append(Invariant($"{count:N0} the same")) : words);
    }

    private static string Line(RowChange change)
    {
        string messages = string.Join("; ", change.Messages.Select(Line));
        string tools = change.Tools ? $"{(messages.Length > 0 ? "; " : "")}tools changed" : "";
        string count = Counted.Of(change.Messages.Count, "message");
        return change.Kind switch
        {
            ChangeKind.Added => Invariant($"+ new:{change.NewLine}  {count}"),
            ChangeKind.Gone => Invariant($"- old:{change.OldLine}  {count}"),
            _ => Invariant($"~ old:{change.OldLine} new:{change.NewLine}  {messages}{tools}")
                + (messages.Length + tools.Length == 0 ? "keys beside the messages changed" : ""),
        };
    }

    private static string Line(MessageChange change)
    {
        string place = Invariant($"messages[{change.New ?? change.Old}] {change.Role.ToString().ToLowerInvariant()}");
        return change.Kind == ChangeKind.Supervision && change.OldWeight != change.NewWeight
            ? Invariant($"{place} weight {change.OldWeight} -> {change.NewWeight}")
            : $"{place} {Words(change.Kind)}";
    }

    private static string Words(ChangeKind kind) =>
        kind switch
        {
            ChangeKind.Supervision => "supervised otherwise",
            ChangeKind.Other => "with other keys",
            _ => Name(kind),
        };

    private static string Name(ChangeKind kind) => Naming.SnakeCase(kind);

    private static JsonFields Fields(RowChange change) =>
        new JsonFields { ["change"] = Name(change.Kind) }
            .AddPresent("oldLine", change.OldLine)
            .AddPresent("newLine", change.NewLine)
            .AddPresent("messages", change.Messages.Select(Fields).ToArray())
            .AddPresent("tools", change.Tools ? true : null);

    private static JsonFields Fields(MessageChange change) =>
        new JsonFields { ["change"] = Name(change.Kind) }
            .AddPresent("old", change.Old)
            .AddPresent("new", change.New)
            .AddPresent("role", change.Role.ToString().ToLowerInvariant())
            .AddPresent("oldWeight", change.OldWeight)
            .AddPresent("newWeight", change.NewWeight);

    private static JsonFields Fields(DifferenceCounts counts)
    {
        JsonFields fields = new()
        {
            ["oldRows"] = counts.OldRows,
            ["newRows"] = counts.NewRows,
            ["same"] = counts.Same,
        };
        foreach (ChangeKind kind in (ChangeKind[])[ChangeKind.Added, ChangeKind.Gone, ChangeKind.Changed])
        {
            fields[Name(kind)] = counts.Rows.GetValueOrDefault(kind);
        }

        fields["messages"] = counts.Messages.ToDictionary(pair => Name(pair.Key), pair => pair.Value);
        fields["tools"] = counts.Tools;
        return fields;
    }
}
