using System.Text.Json;
using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Tests.Metrics;

public class MetricsLogTests
{
    [Fact]
    public void Write_AStep_GivesEqualLinesInCsvAndJson()
    {
        using TempFolder folder = new();
        using (MetricsLog log = new(folder.Path, keepThrough: 0, TimeProvider.System))
        {
            log.Write(Step(1, loss: 1.0 / 3));
        }

        string[] csv = File.ReadAllLines(folder["metrics.csv"]);
        JsonElement json = JsonElement.Parse(File.ReadAllText(folder["metrics.jsonl"]));
        Assert.Equal(2, csv.Length);
        Assert.StartsWith("step,epoch,loss,smoothed_loss,grad_norm,lr,tokens,supervised_tokens,", csv[0]);
        Assert.Equal("0.333333333", csv[1].Split(',')[2]);
        Assert.Equal("0.333333333", json.GetProperty("loss").GetRawText());
        Assert.Equal(csv[0].Split(','), json.EnumerateObject().Select(field => field.Name));
    }

    [Fact]
    public void Open_AfterAKill_DropsLaterStepsAndTornLines()
    {
        using TempFolder folder = new();
        using (MetricsLog log = new(folder.Path, keepThrough: 0, TimeProvider.System))
        {
            log.Write(Step(1, 3));
            log.Write(Step(2, 2));
            log.Write(Step(3, 1));
        }

        File.AppendAllText(folder["metrics.jsonl"], "{\"step\": 4, \"lo");
        using (MetricsLog log = new(folder.Path, keepThrough: 2, TimeProvider.System))
        {
            log.Write(Step(3, 0.5));
        }

        Assert.Equal(["step", "1", "2", "3"], File.ReadLines(folder["metrics.csv"]).Select(line => line.Split(',')[0]));
        Assert.Equal(
            [3, 2, 0.5],
            MetricsLog.ReadLines(folder["metrics.jsonl"]).Select(line => line.GetProperty("loss").GetDouble())
        );
    }

    [Fact]
    public void ReadRecords_ALineThatAKillCutShort_IsLeftOut()
    {
        using TempFolder folder = new();
        string path = folder.Write("rollouts.jsonl", "");
        RolloutRecord whole = new(1, "task", ReplyTerm.Full, [new RolloutTurn("all of it", "done")]);
        byte[] line = MultiTurnTrainer.Files.RecordJson.ToLine(whole);
        File.WriteAllBytes(path, [.. line, (byte)'\n', .. line[..20]]);

        RolloutRecord read = Assert.Single(MetricsLog.ReadRecords<RolloutRecord>(path));

        Assert.Equal((1, "task", ReplyTerm.Full), (read.Step, read.Task, read.Term));
        Assert.Equal(whole.Turns, read.Turns);
        Assert.Empty(MetricsLog.ReadRecords<RolloutRecord>(folder["none.jsonl"]));
    }

    [Fact]
    public void Write_NotANumber_IsNullInJson()
    {
        using TempFolder folder = new();
        using (MetricsLog log = new(folder.Path, keepThrough: 0, TimeProvider.System))
        {
            log.Write(Step(1, double.NaN));
        }

        JsonElement json = JsonElement.Parse(File.ReadAllText(folder["metrics.jsonl"]));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("loss").ValueKind);
    }

    private static StepMetrics Step(int step, double loss) =>
        new()
        {
            Step = step,
            Epoch = step / 10.0,
            Loss = loss,
            SmoothedLoss = loss,
            GradNorm = 1,
            Lr = 1e-4,
            Tokens = 100,
            SupervisedTokens = 25,
            Accuracy = 0.5,
            TokensPerSecond = 1000,
            Seconds = 0.1,
            HeadShare = 0.25,
            RolloutTokens = 0,
            RolloutSeconds = 0,
            Gflops = 12,
            PeakMemoryMb = 100,
        };
}
