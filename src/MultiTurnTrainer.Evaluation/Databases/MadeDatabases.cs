using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation.Databases;

/// <summary>
/// Databases made for one query, where the benchmark's own are not at hand (research notes, models 6.4): eight of them, thirty rows
/// a table, values drawn from the query's literals and around them, foreign keys from the parent's rows. The same each time. A
/// score on them is not the published one and has a name of its own.
/// </summary>
internal static partial class MadeDatabases
{
    private const int Databases = 8;
    private const int Rows = 30;
    private const int NullsOfAHundred = 3;

    private static readonly string[] _words =
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "north",
        "south",
        "red",
        "blue",
        "spring",
        "stone",
    ];

    /// <summary>The scripts that make them.</summary>
    /// <param name="schema">The value of <c>schema_tables</c>.</param>
    /// <param name="gold">The query.</param>
    /// <exception cref="FormatException">It is no schema.</exception>
    public static IReadOnlyList<string> Scripts(string schema, string gold)
    {
        IReadOnlyList<MadeTable> tables = MadeTable.ReadAll(schema);
        return [.. Enumerable.Range(0, Databases).Select(index => Script(tables, gold, new SeededRandom(index)))];
    }

    private static string Script(IReadOnlyList<MadeTable> tables, string gold, SeededRandom random)
    {
        Values values = Values.Of(gold);
        StringBuilder script = new();
        Dictionary<(string Table, string Column), List<string>> filled = [];
        foreach (MadeTable table in tables)
        {
            script.Append($"CREATE TABLE {Name(table.Name)} (");
            script.AppendJoin(", ", table.Columns.Select(column => $"{Name(column.Name)} {column.Type}"));
            script.Append(");\n");
            List<string>[] columns = [.. table.Columns.Select(column => Fill(table, column, values, filled, random))];
            for (int i = 0; i < table.Columns.Count; i++)
            {
                filled[(table.Name.ToLowerInvariant(), table.Columns[i].Name.ToLowerInvariant())] = columns[i];
            }

            for (int row = 0; row < Rows; row++)
            {
                script.Append($"INSERT INTO {Name(table.Name)} VALUES (");
                script.AppendJoin(", ", columns.Select(column => column[row])).Append(");\n");
            }
        }

        return script.ToString();
    }

    private static List<string> Fill(
        MadeTable table,
        MadeColumn column,
        Values values,
        Dictionary<(string, string), List<string>> filled,
        SeededRandom random
    )
    {
        List<string>? parent =
            column.Parent is { } key && filled.TryGetValue(key, out List<string>? known) ? known : null;
        List<string> cells = [];
        for (int row = 0; row < Rows; row++)
        {
            cells.Add(
                parent is not null ? parent[random.Below(Rows)]
                : column.IsKey ? (column.IsText ? $"'k{row}'" : Invariant($"{row + 1}"))
                : random.Below(100) < NullsOfAHundred ? "NULL"
                : column.IsText ? values.Texts[random.Below(values.Texts.Count)]
                : values.Numbers[random.Below(values.Numbers.Count)]
            );
        }

        return cells;
    }

    private static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // No longer than a decimal holds.
    [GeneratedRegex(@"[0-9]{1,20}(?:\.[0-9]{1,6})?")]
    private static partial Regex Number();

    /// <summary>What cells are drawn from, as SQL.</summary>
    private sealed record Values(IReadOnlyList<string> Texts, IReadOnlyList<string> Numbers)
    {
        public static Values Of(string gold)
        {
            // A pattern of LIKE meets the words within it.
            string[] literals =
            [
                .. SqlText
                    .Literals(gold)
                    .Where(literal => literal[0] is '\'' or '"')
                    .Select(literal => literal[1..^1].Trim('%')),
            ];
            decimal[] near =
            [
                .. Number()
                    .Matches(gold)
                    .Select(match => decimal.Parse(match.Value, NumberStyles.Float, CultureInfo.InvariantCulture))
                    .SelectMany(number => new[] { number - 1, number, number + 1 }),
            ];
            return new Values(
                [.. literals.Concat(literals).Concat(_words).Select(Quote)],
                [
                    .. near.Concat(Enumerable.Range(0, 12).Select(number => (decimal)number))
                        .Distinct()
                        .Select(number => Invariant($"{number}")),
                ]
            );
        }

        private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
