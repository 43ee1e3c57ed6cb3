using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Tests.Sharding;

public class ShardedTaskReaderTests
{
    private static readonly ShardedTask _task = new()
    {
        Id = "t/1",
        Family = "math",
        Question = "Two and three?",
        Shards = ["What is the sum?", "One number is two", "The other is three"],
        ModifiedShards = new Dictionary<int, string> { [2] = "The other is nine" },
        Answer = "#### 5",
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_WhatWasWritten_IsTheSameTask(bool array)
    {
        using TempFolder folder = new();
        using (FileStream file = File.Create(folder["tasks"]))
        {
            if (array)
            {
                ShardedTaskWriter.WriteArray(file, [_task]);
            }
            else
            {
                ShardedTaskWriter.WriteLines(file, [_task]);
            }
        }

        ShardedTask read = Assert.Single(ShardedTaskReader.Read(folder["tasks"]));
        Assert.Equal(_task.Id, read.Id);
        Assert.Equal(_task.Question, read.Question);
        Assert.Equal(_task.Shards, read.Shards);
        Assert.Equal(_task.ModifiedShards, read.ModifiedShards);
        Assert.Equal(_task.Answer, read.Answer);
    }

    [Theory]
    [InlineData("rlsta/lost_in_conversation_math.json", 103)]
    [InlineData("rlsta/lost_in_conversation_actions.json", 105)]
    [InlineData("rlsta/lost_in_conversation_database.json", 107)]
    [InlineData("rlsta/mt_add_math_train.jsonl", 750)]
    [InlineData("rlsta/mt_refine_math_train.jsonl", 750)]
    [InlineData("rlsta/mt_refine_math_eval.jsonl", 103)]
    [InlineData("sharded_translation.json", 30)]
    public void Read_PublishedFile_HoldsEveryItem(string file, int items)
    {
        IReadOnlyList<ShardedTask> tasks = ShardedTaskReader.Read(SharedData.Path("lic", file));
        Assert.Equal(items, tasks.Count);
        Assert.All(tasks, task => Assert.True(task.Shards.Count > 1 && task.Shards[0].Length > 0));
        Assert.Equal(
            file.Contains("refine", StringComparison.Ordinal),
            tasks.All(task => task.ModifiedShards.Count > 0)
        );
    }

    [Theory]
    [InlineData("", "holds no task")]
    [InlineData("{\"id\": 3}", "tasks:1: task_id is missing")]
    [InlineData("{\"id\": \"a\"}", "tasks:1: shards is missing")]
    [InlineData("{\"id\": \"a\", \"shards\": [\"x\", {\"shard_id\": 2}]}", "tasks:1: shards[1].shard is missing")]
    [InlineData("{\"id\": \"a\"", "tasks:1: not JSON")]
    public void Read_BadFile_SaysWhatIsMissing(string text, string message)
    {
        using TempFolder folder = new();
        MttException problem = Assert.Throws<MttException>(() => ShardedTaskReader.Read(folder.Write("tasks", text)));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }
}
