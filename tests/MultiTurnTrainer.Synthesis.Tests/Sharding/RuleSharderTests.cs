using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Synthesis.Sharding;

namespace MultiTurnTrainer.Synthesis.Tests.Sharding;

public class RuleSharderTests
{
    [Theory]
    [InlineData(
        "Ann has  3 cats.\nBob has 4.5 dogs! How many pets are there? Count both.",
        "How many pets are there?|Ann has 3 cats.|Bob has 4.5 dogs!|Count both."
    )]
    [InlineData("Is it red? Is it blue? It is big.", "Is it blue?|Is it red?|It is big.")]
    [InlineData(
        "Mr. Lee paid $5.50 vs. $6 at J. Smith's shop, e.g. for tea. How much in all?",
        "How much in all?|Mr. Lee paid $5.50 vs. $6 at J. Smith's shop, e.g. for tea."
    )]
    [InlineData("Sort the list and print it if it is short", "Sort the list|and print it|if it is short")]
    [InlineData("Add 2, then double it", "Add 2|then double it")]
    [InlineData("He said \"Stop.\" Then he left.", "He said \"Stop.\"|Then he left.")]
    [InlineData("猫が三匹います。犬は何匹ですか？", "犬は何匹ですか？|猫が三匹います。")]
    [InlineData("Write a poem", "Write a poem")]
    [InlineData("  ", "")]
    public void Shard_Text_FollowsTheRules(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', RuleSharder.Shard(text)));

    [Fact]
    public void Shard_RealTasks_KeepEveryWordAndPutAQuestionFirst()
    {
        int cut = 0;
        IReadOnlyList<ShardedTask> tasks = ShardedTaskReader.Read(
            SharedData.Path("lic", "rlsta", "mt_add_math_train.jsonl")
        );
        foreach (ShardedTask task in tasks)
        {
            IReadOnlyList<string> shards = RuleSharder.Shard(task.Question);
            cut += shards.Count > 1 ? 1 : 0;
            Assert.Equal(Words(task.Question).Order(), shards.SelectMany(Words).Order());
            Assert.Equal(task.Question.Contains('?'), shards[0].Contains('?'));
        }

        Assert.Equal((750, 747), (tasks.Count, cut));
    }

    private static IEnumerable<string> Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Trim(',', ';'))
            .Where(word => word.Any(char.IsLetterOrDigit));
}
