using MultiTurnTrainer.Training.Cost;

namespace MultiTurnTrainer.Training.Tests.Cost;

public class StepCostTests
{
    [Fact]
    public void Measure_OfASmallModel_CoversBothTypesAndAllSharesOfSupervision()
    {
        using TempFolder folder = new();
        string rows = TrainingCase.WriteRows(folder, "llama");

        StepCost[] costs = [.. StepCosts.Measure(TrainingCase.Model("llama"), rows, TimeSpan.Zero)];

        Assert.Equal(["float32", "bfloat16"], costs.Select(cost => cost.Type).Distinct());
        Assert.Equal([.. StepCosts.Shares, .. StepCosts.Shares], costs.Select(cost => cost.Share));
        foreach (StepCost[] type in costs.Chunk(StepCosts.Shares.Count))
        {
            // Everything is supervised but what precedes a row's first token; then less and less.
            Assert.Equal(type[0].Tokens, type[0].Supervised);
            Assert.True(type[0].Supervised > type[1].Supervised && type[2].Supervised > type[3].Supervised);
        }

        Assert.All(costs, cost => Assert.True(cost.StepMs > 0 && cost.ProductsMs > 0 && cost.Kernels.Count >= 4));
    }
}
