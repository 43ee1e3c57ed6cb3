using System.Text.Json;
using MultiTurnTrainer.Conversations.Sharding;
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
            Answer = JsonSerializer.SerializeToElement(fields).TryGetProperty("answer", out JsonElement answer)
                ? answer.GetString()
                : null,
            Json = JsonSerializer.SerializeToElement(fields),
        };

    /// <summary>The benchmark's tasks.</summary>
    public static IReadOnlyList<ShardedTask> Shared(string file) =>
        ShardedTaskReader.Read(SharedData.Path("lic", file));

    /// <summary>A file of verdicts.</summary>
    public static JsonElement Verdicts(params string[] path) =>
        JsonDocument.Parse(File.ReadAllBytes(SharedData.Path(["peers", .. path]))).RootElement;
}
