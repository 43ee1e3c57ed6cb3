using MultiTurnTrainer.Evaluation.Actions;
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>
/// What every view of a task begins with: its own system message, or what its family needs to be solved at all (functions, tables,
/// options). The words are ours, not the benchmark's; the functions are written as Python, as there.
/// </summary>
internal static class TaskPrompts
{
    /// <summary>The system message; null for none.</summary>
    public static string? System(ShardedTask task) =>
        task.System
        ?? task.Family switch
        {
            "actions" => $"""
                You solve the user's task by calling functions. When you know enough, reply with the calls and nothing else, as one Python list: [name(parameter=value, ...), ...]

                The functions:
                {TaskField.Read(task, "function", PythonText.Repr)}
                """,
            "database" => $"""
                You answer the user's question with one SQLite query over these tables. When you know enough, reply with the query in a block that opens with ```sql and ends with ```.

                {task.Json.GetString("schema_sql")}
                """,
            "translation" =>
                "You translate a German document into English while it is still being read to you. After every message, reply with the translation of the whole document so far, and nothing else.",
            "data2text" =>
                "You describe the marked cells of a table in one sentence. When you know enough, reply with the sentence and nothing else.",
            "choice" => $"""
                You answer a question by choosing one of these options. End your answer with: The answer is (letter).

                {string.Join('\n', ChoiceVerifier.Options(task).Select((option, i) => $"({(char)('A' + i)}) {option}"))}
                """,
            "code" =>
                "You write Python programs. When you know enough, reply with the whole program in a block that opens with ```python and ends with ```.",
            _ => null,
        };
}
