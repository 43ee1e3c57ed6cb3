using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Checkpoints;

namespace MultiTurnTrainer.Training.Tests.Checkpoints;

public class CheckpointStoreTests
{
    private static readonly RunFingerprint _run = new(
        new Dictionary<string, string> { ["data"] = "a", ["model"] = "b" }
    );

    [Fact]
    public void LoadLatest_AfterSaves_ReturnsTheLastStateBitForBit()
    {
        using TempFolder folder = new();
        CheckpointStore store = new(folder.Path, _run, keepLast: 2);
        store.Save(State(1), best: null);
        store.Save(State(2), best: null);

        TrainingState state = store.LoadLatest(Assert.Fail)!;

        Assert.Equal(2, state.Step);
        Assert.Equal(State(2).Tensors["parameters"], state.Tensors["parameters"]);
        Assert.Equal(0.125, state.Counters["smoothed"]!.GetValue<double>());
    }

    [Fact]
    public void Save_ManyTimes_KeepsTheLastAndTheBest()
    {
        using TempFolder folder = new();
        CheckpointStore store = new(folder.Path, _run, keepLast: 2);
        foreach (int step in Enumerable.Range(1, 5))
        {
            store.Save(State(step), best: 2);
        }

        Assert.Equal(
            ["step-00000002", "step-00000004", "step-00000005"],
            Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)).Order()
        );
    }

    [Fact]
    public void LoadLatest_DamagedBuffer_PassesOverToTheOneBefore()
    {
        using TempFolder folder = new();
        CheckpointStore store = new(folder.Path, _run, keepLast: 3);
        store.Save(State(1), best: null);
        string last = store.Save(State(2), best: null);
        using (FileStream stream = File.OpenWrite(Path.Combine(last, "parameters.bin")))
        {
            stream.WriteByte(99);
        }

        List<string> damaged = [];
        TrainingState state = store.LoadLatest(damaged.Add)!;

        Assert.Equal(1, state.Step);
        Assert.Contains("step-00000002", Assert.Single(damaged));
        Assert.Throws<MttException>(() => store.LoadFrom(last));
    }

    [Fact]
    public void LoadLatest_AnotherRun_IsRefusedByName()
    {
        using TempFolder folder = new();
        new CheckpointStore(folder.Path, _run, keepLast: 1).Save(State(1), best: null);
        RunFingerprint other = new(new Dictionary<string, string> { ["data"] = "x", ["model"] = "b" });

        MttException problem = Assert.Throws<MttException>(() =>
            new CheckpointStore(folder.Path, other, keepLast: 1).LoadLatest(Assert.Fail)
        );

        Assert.Contains("data differ", problem.Message);
    }

    [Fact]
    public void LoadLatest_FolderThatWasNeverFinished_IsNotACheckpoint()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["step-00000009.tmp-17"]);

        Assert.Null(new CheckpointStore(folder.Path, _run, keepLast: 1).LoadLatest(Assert.Fail));
    }

    private static TrainingState State(int step) =>
        new(
            step,
            new Dictionary<string, float[]> { ["parameters"] = [step, float.Epsilon, -0f] },
            new JsonObject { ["smoothed"] = 0.125 }
        );
}
