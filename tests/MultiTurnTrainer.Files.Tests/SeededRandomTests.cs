namespace MultiTurnTrainer.Files.Tests;

public class SeededRandomTests
{
    [Fact]
    public void Next_SameSeedAndStream_GivesTheSameNumbers()
    {
        SeededRandom a = new(7, 3);
        SeededRandom b = new(7, 3);
        SeededRandom other = new(7, 4);
        ulong[] numbers = [.. Enumerable.Range(0, 50).Select(_ => a.Next())];
        Assert.Equal(numbers, Enumerable.Range(0, 50).Select(_ => b.Next()));
        Assert.NotEqual(numbers, Enumerable.Range(0, 50).Select(_ => other.Next()));
    }

    [Fact]
    public void Below_ManyDraws_StayInRangeAndHitEverything()
    {
        SeededRandom random = new(1);
        int[] hits = new int[7];
        for (int i = 0; i < 7000; i++)
        {
            hits[random.Below(7)]++;
        }

        Assert.All(hits, count => Assert.InRange(count, 800, 1200));
    }

    [Fact]
    public void Shuffle_KeepsEveryItem()
    {
        int[] items = [.. Enumerable.Range(0, 100)];
        new SeededRandom(5).Shuffle<int>(items);
        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }
}
