using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Checkpoints;
using static TorchSharp.torch;

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
        Save(store, 1, best: null);
        Save(store, 2, best: null);

        TrainingState state = store.LoadLatest(Assert.Fail)!;

        Assert.Equal(2, state.Step);
        Assert.Equal(Values(2), state.Tensors["parameters"]);
        Assert.Equal(0.125, state.Counters.GetProperty("smoothed").GetDouble());
    }

    [Fact]
    public void Save_ManyTimes_KeepsTheLastAndTheBest()
    {
        using TempFolder folder = new();
        CheckpointStore store = new(folder.Path, _run, keepLast: 2);
        foreach (int step in Enumerable.Range(1, 5))
        {
            Save(store, step, best: 2);
        }

        Assert.Equal(
            ["step-00000002", "step-00000004", "step-00000005"],
            Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)).Order()
        );
    }

    /// <summary>A run that hung on another machine wakes up when a newer one has gone on.</summary>
    [Fact]
    public void Save_AfterANewerRunHasTakenOver_IsRefusedAndChangesNothing()
    {
        using TempFolder folder = new();
        CheckpointStore stale = new(folder.Path, _run, keepLast: 2);
        stale.TakeOver();
        Save(stale, 1, best: null);
        CheckpointStore newer = new(folder.Path, _run, keepLast: 2);
        newer.TakeOver();
        Save(newer, 2, best: null);

        MttException refused = Assert.Throws<MttException>(() => Save(stale, 2, best: null));

        Assert.Contains("a newer run has taken the checkpoints over", refused.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["step-00000001", "step-00000002"],
            Directory.GetDirectories(folder.Path).Select(path => Path.GetFileName(path)).Order()
        );
        Save(newer, 3, best: null);
    }

    [Theory]
    [InlineData("a byte differs")]
    [InlineData("cut off")]
    [InlineData("one byte more")]
    [InlineData("gone")]
    [InlineData("no state")]
    [InlineData("half a state")]
    public void LoadLatest_Damaged_PassesOverToTheOneBefore(string damage)
    {
        using TempFolder folder = new();
        CheckpointStore store = new(folder.Path, _run, keepLast: 3);
        Save(store, 1, best: null);
        string last = Save(store, 2, best: null);
        Damage(last, damage);

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
        Save(new CheckpointStore(folder.Path, _run, keepLast: 1), 1, best: null);
        RunFingerprint other = new(new Dictionary<string, string> { ["data"] = "x", ["model"] = "b" });

        MttException problem = Assert.Throws<MttException>(() =>
            new CheckpointStore(folder.Path, other, keepLast: 1).LoadLatest(Assert.Fail)
        );

        Assert.Contains("data differ", problem.Message);
    }

    [Fact]
    public void RequireSame_SettingThatWasAbsent_SaysNone()
    {
        RunFingerprint then = new(new Dictionary<string, string> { ["rows.template"] = "" });
        RunFingerprint now = new(new Dictionary<string, string> { ["rows.template"] = "t", ["lora.r"] = "2" });

        MttException problem = Assert.Throws<MttException>(() => now.RequireSame(then, "out"));

        Assert.Contains("lora.r (none then, 2 now), rows.template (none then, t now) differ", problem.Message);
    }

    [Fact]
    public void LoadLatest_FolderThatWasNeverFinished_IsNotACheckpoint()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["step-00000009.tmp-17"]);

        Assert.Null(new CheckpointStore(folder.Path, _run, keepLast: 1).LoadLatest(Assert.Fail));
    }

    private static void Damage(string checkpoint, string damage)
    {
        string buffer = Path.Combine(checkpoint, "parameters.bin");
        string state = Path.Combine(checkpoint, "state.json");
        switch (damage)
        {
            case "gone":
                File.Delete(buffer);
                break;
            case "no state":
                File.Delete(state);
                break;
            case "half a state":
                File.WriteAllText(state, File.ReadAllText(state)[..40]);
                break;
            default:
                using (FileStream stream = File.OpenWrite(buffer))
                {
                    stream.SetLength(
                        stream.Length
                            + (
                                damage == "cut off" ? -4
                                : damage == "one byte more" ? 1
                                : 0
                            )
                    );
                    stream.WriteByte((byte)(damage == "a byte differs" ? 99 : 0));
                }

                break;
        }
    }

    private static string Save(CheckpointStore store, int step, int? best)
    {
        using Tensor parameters = tensor(Values(step));
        return store.Save(step, [("parameters", parameters)], new JsonFields { ["smoothed"] = 0.125 }, best);
    }

    /// <summary>More than is written at a time.</summary>
    private static float[] Values(int step) =>
        [step, float.Epsilon, -0f, .. Enumerable.Range(0, 3 << 19).Select(i => (float)i)];
}
