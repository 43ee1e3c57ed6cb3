using MultiTurnTrainer.Evaluation.Databases;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Spider: the reply's query gives what the gold query gives, on every database of the task. As published, a query whose literals are
/// wrong is forgiven where the gold's literals repair it; corrected, it is wrong. With Spider's own databases the score is its execution
/// match; without them it is given on databases made from each task's schema and is called so.
/// </summary>
/// <param name="folder">Spider's databases, <c>{db_id}/*.sqlite</c>; null for made ones.</param>
public sealed class DatabaseVerifier(string? folder) : IVerifier
{
    /// <inheritdoc/>
    public string Metric(ShardedTask task) => folder is null ? "accuracy on made databases" : "execution match";

    /// <inheritdoc/>
    public Verdict Judge(ShardedTask task, string reply) =>
        SqlText.Extract(reply) is { } sql ? JudgeQuery(task, sql, reply) : Verdict.NoAnswer(reply);

    /// <inheritdoc/>
    public Verdict JudgeExtracted(ShardedTask task, string answer) => JudgeQuery(task, answer, answer);

    /// <inheritdoc/>
    public string RightAnswer(ShardedTask task) => TaskField.Text(task, "reference_sql");

    /// <summary>A query that reads no table.</summary>
    public string WrongAnswer(ShardedTask task) => "SELECT 'wrong'";

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task)
    {
        string gold = SqlText.Prepare(RightAnswer(task));
        using Suite suite = Open(task);
        IReadOnlyList<object?[]>?[] results = [.. suite.Databases.Select(database => database.Query(gold))];
        return Array.Exists(results, rows => rows is null) ? "its gold query does not run"
            : Array.TrueForAll(results, rows => rows!.Count == 0)
                ? "its gold query gives no row on any of its databases"
            : null;
    }

    /// <summary>Compares two queries on given databases.</summary>
    internal static (bool Strict, bool Forgiving) Compare(string gold, string sql, IReadOnlyList<SqlDatabase> databases)
    {
        string prepared = SqlText.Prepare(gold);
        string predicted = SqlText.Prepare(sql);
        bool isOrdered = SqlText.IsOrdered(prepared);
        IReadOnlyList<object?[]>?[] wanted = [.. databases.Select(database => database.Query(prepared))];
        bool Matches(string query) =>
            databases
                .Zip(wanted)
                .All(both =>
                    both.Second is not null
                    && both.First.Query(query) is { } rows
                    && ResultSets.Same(both.Second, rows, isOrdered)
                );
        bool strict = Matches(predicted);
        return (strict, strict || SqlText.WithLiteralsOf(prepared, predicted).Any(Matches));
    }

    private Verdict JudgeQuery(ShardedTask task, string sql, string reply)
    {
        using Suite suite = Open(task);
        if (suite.Databases[0].Query(SqlText.Prepare(sql)) is null)
        {
            return Verdict.NoAnswer(reply);
        }

        (bool strict, bool forgiving) = Compare(RightAnswer(task), sql, suite.Databases);
        return Verdict.Of(sql, strict, forgiving);
    }

    private Suite Open(ShardedTask task)
    {
        if (folder is null)
        {
            string gold = RightAnswer(task);
            return TaskField.Read(
                task,
                "schema_tables",
                json => new Suite(
                    MadeDatabases
                        .Scripts(json as string ?? throw new FormatException("is missing or no text"), gold)
                        .Select(SqlDatabase.Make)
                )
            );
        }

        string place = Path.Combine(folder, Path.GetFileName(TaskField.Text(task, "db_id")));
        string[] files = Directory.Exists(place) ? Directory.GetFiles(place, "*.sqlite") : [];
        return files.Length > 0
            ? new Suite(files.Order(StringComparer.Ordinal).Select(SqlDatabase.Open))
            : throw new MttException(
                $"{place}: there is no database for {task.Place}",
                "Unpack Spider's test suite there, or leave --databases out: made databases have a score of their own."
            );
    }

    private sealed class Suite(IEnumerable<SqlDatabase> databases) : IDisposable
    {
        public IReadOnlyList<SqlDatabase> Databases { get; } = [.. databases];

        public void Dispose()
        {
            foreach (SqlDatabase database in Databases)
            {
                database.Dispose();
            }
        }
    }
}
