namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>Statements of SQL with their values.</summary>
internal static class PostgresCommands
{
    /// <summary>A statement; its first value is $1.</summary>
    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object[] values)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
