using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Evaluation.Tests.Verifiers;

/// <summary>Tasks and verdicts for the verifiers.</summary>
internal static class Tasks
{
    /// <summary>A task of its own fields.</summary>
    public static ShardedTask Of(string family, object fields) =>
        new()
        {
            Id = "t",
            Family = family,
            Question = "q",
            Shards = ["q"],
            Answer = JsonText.ToView(fields).TryGetProperty("answer", out JsonView answer) ? answer.GetString() : null,
            Json = JsonText.ToView(fields),
        };

    /// <summary>The benchmark's tasks.</summary>
    public static IReadOnlyList<ShardedTask> Shared(string file) =>
        ShardedTaskReader.Read(SharedData.Path("lic", file));

    /// <summary>A file of verdicts.</summary>
    public static JsonView Verdicts(params string[] path) =>
        JsonView.Parse(File.ReadAllBytes(SharedData.Path(["peers", .. path])));
}
