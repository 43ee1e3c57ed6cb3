using MultiTurnTrainer.Context.Cleaning;

namespace MultiTurnTrainer.Context.Tests.Cleaning;

public class DetectorTests
{
    [Theory]
    [InlineData("No, your second option is wrong.")]
    [InlineData("As you said, the sum is 7.")]
    [InlineData("Why did you use a loop?")]
    [InlineData("Rewrite it in French.")]
    [InlineData("The second one, please.")]
    [InlineData("That's wrong.")]
    [InlineData("That is not correct, check the units.")]
    [InlineData("continue")]
    [InlineData("Yes please")]
    [InlineData("Make it shorter.")]
    [InlineData("You forgot the tax.")]
    [InlineData("I like option B more.")]
    public void Leaning_OnAReply_IsFound(string text) =>
        Assert.NotNull(BackReferenceDetector.Find(text, "Some reply."));

    [Theory]
    [InlineData("The budget is 500 dollars.")]
    [InlineData("Gillian's usual phone bill is $50 per month")]
    [InlineData("Use Python 3 and no external packages.")]
    [InlineData("How many games did Ara play per year on average?")]
    [InlineData("Also list the capital of France.")]
    public void Leaning_OnNothing_IsNotFound(string text) =>
        Assert.Null(BackReferenceDetector.Find(text, "Some reply."));

    [Fact]
    public void Leaning_FewWordsAfterAQuestion_AreItsAnswer()
    {
        Assert.Equal("Berlin", BackReferenceDetector.Find("Berlin", "Which city?"));
        Assert.Null(BackReferenceDetector.Find("Berlin", "I see."));
        Assert.Null(BackReferenceDetector.Find("Who are you?", "How can I help?"));
        Assert.Null(BackReferenceDetector.Find("yes", null));
    }

    [Fact]
    public void Leaning_ShardsOfRealTasks_AreRarelyMarked()
    {
        // Shards reveal requirements and refer to no reply: what is marked here is a false alarm.
        string[] shards =
        [
            .. Conversations
                .Sharding.ShardedTaskReader.Read(SharedData.Path("lic", "rlsta", "lost_in_conversation_math.json"))
                .SelectMany(task => task.Shards.Skip(1)),
        ];
        int marked = shards.Count(shard => BackReferenceDetector.Find(shard, "Some reply.") is not null);
        Assert.True(marked <= shards.Length / 50, $"{marked} of {shards.Length}");
    }

    [Theory]
    [InlineData("No, I meant Tuesday.")]
    [InlineData("Actually, make that 7.")]
    [InlineData("Sorry, I made a mistake: it is 12.")]
    [InlineData("Not Monday but Tuesday.")]
    [InlineData("Use Paris instead of Rome.")]
    [InlineData("Actually, there were multiple errors in the conditions I provided. Ann has 3 cats")]
    [InlineData("Scratch that.")]
    public void Correction_IsFound(string text) => Assert.NotNull(CorrectionDetector.Find(text));

    [Theory]
    [InlineData("There are not many of them.")]
    [InlineData("No cheese on the pizza.")]
    [InlineData("The meeting is on Monday.")]
    public void Correction_OrdinaryText_IsNotFound(string text) => Assert.Null(CorrectionDetector.Find(text));

    [Theory]
    [InlineData("Not Monday but Tuesday.", "Meet on Monday at 5.", "Meet on Tuesday at 5.")]
    [InlineData("I meant Tuesday, not Monday", "Meet on Monday at 5.", "Meet on Tuesday at 5.")]
    [InlineData("Change 40 people to 45 people.", "Dinner for 40 people.", "Dinner for 45 people.")]
    [InlineData("Use Paris instead of Rome.", "A trip to Rome.", "A trip to Paris.")]
    [InlineData("Replace butter with oil.", "Fry in butter.", "Fry in oil.")]
    [InlineData("Actually, 45 people.", "Dinner for 40 people, 3 courses.", "Dinner for 45 people, 3 courses.")]
    [InlineData(
        "Sorry, I was wrong. Gillian's usual phone bill is $50 per month",
        "It is $65 per month",
        "It is $50 per month"
    )]
    [InlineData("Actually it rises by 10%.", "It will rise by 15%.", "It will rise by 10%.")]
    [InlineData("Not 5 but 7.", "Take 5.5 or 5 of 1,500 or 15.", "Take 5.5 or 7 of 1,500 or 15.")]
    [InlineData("Not Venus but Mars.", "A trip to Rome.", "A trip to Rome.")]
    public void Revisions_TheOldValue_GivesWayToTheNew(string correction, string earlier, string expected) =>
        Assert.Equal(expected, CorrectionDetector.Apply(earlier, CorrectionDetector.Revisions(correction, [earlier])));

    [Fact]
    public void Revisions_RealCorrections_FindMostNumbers()
    {
        // RLSTA's dialogues: a wrong shard with another number, then the true one behind a fixed opening.
        int right = 0;
        int all = 0;
        foreach (
            Conversations.Sharding.ShardedTask task in Conversations
                .Sharding.ShardedTaskReader.Read(SharedData.Path("lic", "rlsta", "mt_refine_math_train.jsonl"))
                .Take(200)
        )
        {
            foreach ((int index, string wrong) in task.ModifiedShards)
            {
                string correction =
                    $"Actually, there were multiple errors in the conditions I provided. {task.Shards[index]}";
                all++;
                right +=
                    CorrectionDetector.Apply(wrong, CorrectionDetector.Revisions(correction, [wrong]))
                    == task.Shards[index]
                        ? 1
                        : 0;
            }
        }

        TestContext.Current.SendDiagnosticMessage("{0} of {1} wrong shards repaired exactly", right, all);
        Assert.True(right > all / 2, $"{right} of {all}");
    }
}
