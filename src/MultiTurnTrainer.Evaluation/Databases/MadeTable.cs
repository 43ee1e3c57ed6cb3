namespace MultiTurnTrainer.Evaluation.Databases;

/// <summary>A column, and the parent's column that its values are drawn from.</summary>
internal sealed record MadeColumn(string Name, string Type, bool IsKey, (string Table, string Column)? Parent)
{
    /// <summary>Whether its values are texts: by SQLite's affinity of its declared type.</summary>
    public bool IsText =>
        Type.Contains("CHAR", StringComparison.OrdinalIgnoreCase)
        || Type.Contains("TEXT", StringComparison.OrdinalIgnoreCase)
        || Type.Contains("CLOB", StringComparison.OrdinalIgnoreCase)
        || Type.Contains("DATE", StringComparison.OrdinalIgnoreCase)
        || Type.Contains("TIME", StringComparison.OrdinalIgnoreCase);
}

/// <summary>A table of <c>schema_tables</c>.</summary>
internal sealed record MadeTable(string Name, IReadOnlyList<MadeColumn> Columns)
{
    /// <summary>Reads all, parents before the tables that refer to them.</summary>
    /// <param name="json">
    /// By table <c>columns</c> (rows of PRAGMA table_info), <c>foreign_keys</c> (rows of PRAGMA foreign_key_list).
    /// </param>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static IReadOnlyList<MadeTable> ReadAll(string json)
    {
        if (JsonView.Parse(json).ToTree() is not IReadOnlyDictionary<string, object?> { Count: > 0 } tables)
        {
            throw new FormatException("it is no object with tables");
        }

        List<MadeTable> left = [.. tables.Where(table => table.Key != "sqlite_sequence").Select(Read)];
        List<MadeTable> ordered = [];
        while (left.Count > 0)
        {
            // Where tables refer to each other in a circle, the first of them goes first.
            MadeTable next =
                left.Find(table => table.Parents().All(name => !left.Exists(other => other != table && other.Is(name))))
                ?? left[0];
            ordered.Add(next);
            left.Remove(next);
        }

        return ordered;
    }

    private bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private IEnumerable<string> Parents() =>
        Columns.Where(column => column.Parent is not null).Select(column => column.Parent!.Value.Table);

    private static MadeTable Read(KeyValuePair<string, object?> table)
    {
        IReadOnlyDictionary<string, object?> value =
            table.Value as IReadOnlyDictionary<string, object?>
            ?? throw new FormatException($"{table.Key} is no object");
        List<List<object?>> columns = ReadRows(value, "columns", 6);
        List<List<object?>> keys = ReadRows(value, "foreign_keys", 5);
        bool hasOneKey = columns.Count(column => column[5] is long and > 0) == 1;
        return new MadeTable(
            table.Key,
            [
                .. columns.Select(column =>
                {
                    string name =
                        column[1] as string ?? throw new FormatException($"a column of {table.Key} has no name");
                    List<object?>? key = keys.Find(row =>
                        name.Equals(row[3] as string, StringComparison.OrdinalIgnoreCase)
                    );
                    return new MadeColumn(
                        name,
                        column[2] as string ?? "",
                        hasOneKey && column[5] is long and > 0,
                        key is [_, _, string parent, ..]
                            ? (parent.ToLowerInvariant(), (key[4] as string ?? name).ToLowerInvariant())
                            : null
                    );
                }),
            ]
        );
    }

    private static List<List<object?>> ReadRows(IReadOnlyDictionary<string, object?> table, string name, int length) =>
        table.GetValueOrDefault(name) switch
        {
            null => [],
            List<object?> rows when rows.TrueForAll(row => row is List<object?> cells && cells.Count >= length) =>
                rows.ConvertAll(row => (List<object?>)row!),
            _ => throw new FormatException($"{name} is no list of rows"),
        };
}
