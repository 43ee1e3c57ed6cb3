using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Datasets.Packing;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Tests.Packing;

public class BestFitDecreasingTests
{
    [Fact]
    public void Plan_AnyLengths_PlacesEachRowOnceAndNeverOverfills() =>
        Prop.ForAll(
                Gen.Choose(1, 97).ListOf().ToArbitrary(),
                lengths =>
                {
                    PackingPlan plan = BestFitDecreasing.Plan([.. lengths], 97, seed: 7);
                    Assert.Equal(Enumerable.Range(0, lengths.Count), plan.Packs.SelectMany(pack => pack).Order());
                    Assert.All(plan.Packs, pack => Assert.True(pack.Sum(row => lengths[row]) <= 97));

                    // Two packs that would fit into one never both stay open.
                    int[] sums = [.. plan.Packs.Select(pack => pack.Sum(row => lengths[row])).Order()];
                    Assert.True(sums.Length < 2 || sums[0] + sums[1] > 97);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Plan_KnownCase_FillsPacksExactly()
    {
        PackingPlan plan = BestFitDecreasing.Plan([4, 8, 1, 4, 2, 1], 10, seed: 0);

        Assert.Equal(2, plan.Packs.Count);
        Assert.Equal(1.0, plan.Efficiency);
    }

    [Fact]
    public void Plan_SameSeed_GivesTheSamePlan_AnotherSeedAnother()
    {
        int[] lengths = [.. Enumerable.Range(0, 200).Select(i => 5 + (i % 3))];

        string first = BestFitDecreasing.Plan(lengths, 32, seed: 1).Hash();

        Assert.Equal(first, BestFitDecreasing.Plan(lengths, 32, seed: 1).Hash());
        Assert.NotEqual(first, BestFitDecreasing.Plan(lengths, 32, seed: 2).Hash());
    }

    [Fact]
    public void Plan_RowLongerThanAPack_IsRefusedByNumber()
    {
        MttException problem = Assert.Throws<MttException>(() => BestFitDecreasing.Plan([3, 11], 10, seed: 0));

        Assert.Contains("row 1 has 11 tokens", problem.Message);
    }
}
