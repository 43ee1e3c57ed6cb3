using System.Text.Json;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Preferences;

/// <summary>Losses and derivatives against TRL's in double precision, and against values worked out by hand.</summary>
public class PairLossTests
{
    // The hand-checked pair of research: sums of log-probabilities, and tokens a side.
    private static readonly SideScore[] _chosen = [new(-1.75, -2.4, 3), new(-2.1, -1.7, 2)];
    private static readonly SideScore[] _rejected = [new(-2, -1.5, 2), new(-1.2, -1.8, 4)];

    [Theory]
    [InlineData("dpo", PairLossKind.Sigmoid, 0, 0.6908480277475509)]
    [InlineData("dpo", PairLossKind.Sigmoid, 0.1, 0.6915980277475509)]
    [InlineData("dpo", PairLossKind.Robust, 0.1, 0.689910527747551)]
    [InlineData("dpo", PairLossKind.Hinge, 0, 0.9925)]
    [InlineData("dpo", PairLossKind.Ipo, 0, 24.58680555555555)]
    [InlineData("dpo", PairLossKind.SigmoidNorm, 0, 0.6904431712478011)]
    [InlineData("dpo", PairLossKind.ApoZero, 0, 0.9981262454765463)]
    [InlineData("dpo", PairLossKind.ApoDown, 0, 1.0012532223548036)]
    [InlineData("orpo", PairLossKind.Sigmoid, 0, 0.11105808321898301)]
    [InlineData("simpo", PairLossKind.Sigmoid, 0, 1.3336167928661906)]
    public void Compute_HandCheckedPairs_GiveTheMean(string objective, PairLossKind kind, double smoothing, double mean)
    {
        PairLoss loss = Loss(objective, new() { Loss = kind, LabelSmoothing = smoothing });
        double[] losses = [.. _chosen.Zip(_rejected, (c, r) => loss.Compute(c, r).Loss)];
        Assert.Equal(mean, losses.Average(), 1e-12);
    }

    [Fact]
    public void Compute_FreshAdapter_GivesTheValueOfNoDifference()
    {
        SideScore same = new(-3.5, -3.5, 5);
        Assert.Equal(Math.Log(2), Loss("dpo", new()).Compute(same, new(-9, -9, 7)).Loss, 1e-15);
        Assert.Equal(25, Loss("dpo", new() { Loss = PairLossKind.Ipo }).Compute(same, same).Loss, 1e-12);
        Assert.Equal(0.5, Loss("kto", new()).ComputeRow(same, true, 0).Loss, 1e-15);
        Assert.Equal(0.5, Loss("kto", new()).ComputeRow(same, false, 0).Loss, 1e-15);
    }

    [Fact]
    public void Compute_TrlsPairs_GiveItsLossesAndGradients()
    {
        Dictionary<string, PairLossKind> kinds = new()
        {
            ["sigmoid"] = PairLossKind.Sigmoid,
            ["robust"] = PairLossKind.Robust,
            ["hinge"] = PairLossKind.Hinge,
            ["ipo"] = PairLossKind.Ipo,
            ["sigmoid_norm"] = PairLossKind.SigmoidNorm,
            ["apo_zero"] = PairLossKind.ApoZero,
            ["apo_down"] = PairLossKind.ApoDown,
        };
        JsonElement golden = Golden("dpo.json");
        int compared = 0;
        foreach (JsonElement one in golden.GetProperty("cases").EnumerateArray())
        {
            JsonElement setting = one.GetProperty("setting");
            string[] types = [.. setting.GetProperty("loss_type").EnumerateArray().Select(type => type.GetString()!)];
            double smoothing = Number(setting, "label_smoothing");
            string[] others = ["ld_alpha", "use_weighting", "f_divergence_type", "discopop_tau"];
            // TRL's plain losses ignore label smoothing; ours take it where it has a meaning.
            bool ignored = smoothing > 0 && types[0] != "robust";
            if (
                types.Length > 1
                || !kinds.TryGetValue(types[0], out PairLossKind kind)
                || others.Any(name => setting.TryGetProperty(name, out _))
                || ignored
            )
            {
                continue;
            }

            bool free = setting.TryGetProperty("reference_free", out _);
            PairLoss loss = Loss(
                "dpo",
                new()
                {
                    Loss = kind,
                    Beta = Number(setting, "beta"),
                    LabelSmoothing = smoothing,
                }
            );
            JsonElement[] pairs =
            [
                .. golden.GetProperty("batches").GetProperty(one.GetProperty("batch").GetString()!).EnumerateArray(),
            ];
            Compare(one, pairs, pair => loss.Compute(Side(pair, "chosen", free), Side(pair, "rejected", free)), 0);
            compared++;
        }

        Assert.True(compared >= 55, $"{compared} cases");
    }

    [Fact]
    public void Compute_TrlsPairsWithoutReference_GiveItsLossesAndGradients()
    {
        JsonElement golden = Golden("reference-free.json");
        int compared = 0;
        foreach (JsonElement one in golden.GetProperty("cases").EnumerateArray())
        {
            JsonElement setting = one.GetProperty("setting");
            bool orpo = setting.GetProperty("objective").GetString() == "orpo";
            bool simpo = setting.TryGetProperty("loss_type", out JsonElement type) && type.GetString() == "simpo";
            bool own = simpo && Number(setting, "cpo_alpha") == 0 && !setting.TryGetProperty("alpha", out _);
            if (!own && !(orpo && setting.GetProperty("nll").GetString() == "completion"))
            {
                continue;
            }

            PairLoss loss = Loss(
                orpo ? "orpo" : "simpo",
                new()
                {
                    Beta = Number(setting, "beta"),
                    LabelSmoothing = Number(setting, "label_smoothing"),
                    Margin = simpo ? Number(setting, "simpo_gamma") : 0,
                }
            );
            JsonElement[] pairs =
            [
                .. golden.GetProperty("batches").GetProperty(one.GetProperty("batch").GetString()!).EnumerateArray(),
            ];
            Compare(
                one,
                pairs,
                pair => loss.Compute(Side(pair, "chosen", true), Side(pair, "rejected", true)),
                orpo ? 1 : 0
            );
            compared++;
        }

        Assert.True(compared >= 8, $"{compared} cases");
    }

    [Fact]
    public void ComputeRow_TrlsRows_GiveItsLossesAndGradients()
    {
        JsonElement golden = Golden("kto.json");
        int compared = 0;
        foreach (JsonElement one in golden.GetProperty("cases").EnumerateArray())
        {
            JsonElement setting = one.GetProperty("setting");
            JsonElement[] rows =
            [
                .. golden
                    .GetProperty("batches")
                    .GetProperty(one.GetProperty("batch").GetString()!)
                    .GetProperty("rows")
                    .EnumerateArray(),
            ];
            double center =
                setting.GetProperty("loss_type").GetString() == "kto"
                    ? Math.Max(
                        0,
                        rows.Average(row => Numbers(row, "kl_policy").Sum() - Numbers(row, "kl_reference").Sum())
                    )
                    : 0;
            PairLoss loss = Loss(
                "kto",
                new()
                {
                    Beta = Number(setting, "beta"),
                    DesirableWeight = Number(setting, "desirable_weight"),
                    UndesirableWeight = Number(setting, "undesirable_weight"),
                }
            );
            JsonElement expected = one.GetProperty("float64");
            double sum = 0;
            for (int i = 0; i < rows.Length; i++)
            {
                double[] policy = Numbers(rows[i], "policy");
                SideScore score = new(policy.Sum(), Numbers(rows[i], "reference").Sum(), policy.Length);
                (double value, double slope) = loss.ComputeRow(
                    score,
                    rows[i].GetProperty("label").GetBoolean(),
                    center
                );
                sum += value;
                double wanted = expected.GetProperty("grad")[i][0].GetDouble();
                Assert.Equal(wanted, slope / rows.Length, Math.Abs(wanted) * 1e-10 + 1e-15);
            }

            Assert.Equal(expected.GetProperty("loss").GetDouble(), sum / rows.Length, 1e-12);
            compared++;
        }

        Assert.True(compared >= 20, $"{compared} cases");
    }

    [Theory]
    [InlineData(0.7, 2, new[] { 1, 0.411764705882353 })]
    [InlineData(0.7, 3, new[] { 1, 0.5433789954337899, 0.2237442922374429 })]
    [InlineData(1.0, 4, new[] { 1, 0.75, 0.5, 0.25 })]
    public void Discount_TurnsOfATrajectory_CountAsThePaperHasIt(double gamma, int turns, double[] expected)
    {
        double[] factors = [.. Enumerable.Range(0, turns).Select(turn => ScoredSide.Discount(turn, turns, gamma))];
        Assert.Equal(expected, factors, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(TurnChoice.All, TurnWeighting.Sum, 0.6302581946816906)]
    [InlineData(TurnChoice.All, TurnWeighting.Mean, 0.6652151824226481)]
    [InlineData(TurnChoice.All, TurnWeighting.Discount, 0.6567813444137113)]
    [InlineData(TurnChoice.Last, TurnWeighting.Sum, 0.6491593390256101)]
    public void Sum_TurnsOfTwoSides_GiveTheHandCheckedLoss(TurnChoice choice, TurnWeighting weighting, double expected)
    {
        PreferenceSettings settings = new() { Turns = choice, TurnWeighting = weighting };
        double Score(params float[] turns)
        {
            // One label a turn, behind a token of the user's.
            int[] ids = [1, .. turns.SelectMany(_ => (int[])[2, 3])];
            int[] labels = [-100, .. turns.SelectMany(_ => (int[])[3, -100])];
            ids = [1, .. turns.SelectMany(_ => (int[])[3, 2])];
            ScoredSide side = ScoredSide.Create([new TokenRow("row", ids, labels)], [0], settings);
            return side.Sum(turns, null)[0].Ratio;
        }

        PairValue value = Loss("dpo", settings)
            .Compute(new(Score(0.3f, 0.5f), 0, 1), new(Score(-0.2f, 0.1f, -0.4f), 0, 1));
        Assert.Equal(expected, value.Loss, 1e-8);
    }

    private static PairLoss Loss(string objective, PreferenceSettings settings)
    {
        Objective parsed = ObjectiveNames.Parse(objective);
        return new PairLoss(parsed, settings.For(parsed));
    }

    /// <summary>Loss and gradients of a case; <paramref name="sft"/> adds the token mean of the chosen sides.</summary>
    private static void Compare(JsonElement one, JsonElement[] pairs, Func<JsonElement, PairValue> compute, double sft)
    {
        JsonElement expected = one.GetProperty("float64");
        PairValue[] values = [.. pairs.Select(compute)];
        double tokens = pairs.Sum(pair => Numbers(pair.GetProperty("chosen"), "policy").Length);
        double own = sft * -pairs.Sum(pair => Numbers(pair.GetProperty("chosen"), "policy").Sum()) / tokens;
        double loss = values.Average(value => value.Loss) + own;
        double wanted = expected.GetProperty("loss").GetDouble();
        Assert.Equal(wanted, loss, 1e-12 * Math.Max(1, Math.Abs(wanted)));
        double largest = Gradients(expected).Max(Math.Abs);
        for (int i = 0; i < pairs.Length; i++)
        {
            double chosen = (values[i].Chosen / pairs.Length) - (sft / tokens);
            Assert.Equal(expected.GetProperty("grad_chosen")[i][0].GetDouble(), chosen, largest * 1e-11 + 1e-18);
            double rejected = values[i].Rejected / pairs.Length;
            Assert.Equal(expected.GetProperty("grad_rejected")[i][0].GetDouble(), rejected, largest * 1e-11 + 1e-18);
        }
    }

    private static IEnumerable<double> Gradients(JsonElement expected) =>
        ((string[])["grad_chosen", "grad_rejected"]).SelectMany(name =>
            expected
                .GetProperty(name)
                .EnumerateArray()
                .SelectMany(row => row.EnumerateArray())
                .Select(x => x.GetDouble())
        );

    private static SideScore Side(JsonElement pair, string name, bool free)
    {
        JsonElement side = pair.GetProperty(name);
        double[] policy = Numbers(side, "policy");
        return new(policy.Sum(), free ? 0 : Numbers(side, "reference").Sum(), policy.Length);
    }

    private static double[] Numbers(JsonElement owner, string name) =>
        [.. owner.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];

    private static double Number(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : 0;

    private static JsonElement Golden(string file) =>
        JsonElement.Parse(File.ReadAllBytes(SharedData.Path("peers", "preferences", file)));
}
