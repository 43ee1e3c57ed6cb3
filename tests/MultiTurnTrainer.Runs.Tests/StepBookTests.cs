using MultiTurnTrainer.Files;
using MultiTurnTrainer.Runs.Steps;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>Which steps must be done, by content alone.</summary>
public sealed class StepBookTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Judge_AStepThatIsDone_IsFreshWhateverTheClockSays()
    {
        RunStep step = Done(First());
        File.SetLastWriteTimeUtc(_folder["data.txt"], DateTime.UnixEpoch);
        File.SetLastWriteTimeUtc(_folder["run/one/out.txt"], DateTime.UnixEpoch);
        Assert.Equal(StepState.Fresh, Judge(step).State);
    }

    [Theory]
    [InlineData("setting", "data.seed was 1, is 2")]
    [InlineData("input", "data.txt has other bytes")]
    [InlineData("output", "out.txt was changed")]
    [InlineData("deleted", "out.txt is gone")]
    [InlineData("program", "made by mtt 1, this is mtt 2")]
    public void Judge_AChange_IsNamed(string what, string reason)
    {
        RunStep step = Done(First());
        string program = "mtt 1";
        switch (what)
        {
            case "setting":
                step = First(seed: "2");
                break;
            case "input":
                _folder.Write("data.txt", "other");
                break;
            case "output":
                _folder.Write("run/one/out.txt", "by hand");
                break;
            case "deleted":
                File.Delete(_folder["run/one/out.txt"]);
                break;
            default:
                program = "mtt 2";
                break;
        }

        StepVerdict verdict = Judge(step, program);
        Assert.Equal(StepState.Run, verdict.State);
        Assert.EndsWith(reason, Assert.Single(verdict.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ASettingOfTheStepBefore_RunsBoth()
    {
        Done(Second(Done(First())));
        RunStep changed = First(seed: "2");
        IReadOnlyDictionary<string, StepVerdict> plan = Book().Plan([changed, Second(changed)]);
        Assert.Equal(StepState.Run, plan["two"].State);
        Assert.Equal(["follows one"], plan["two"].Reasons);
    }

    /// <summary>What lacks only files is made again; the steps after it see whether it came out as before.</summary>
    [Theory]
    [InlineData("made", StepState.Fresh)]
    [InlineData("otherwise", StepState.Run)]
    public void Plan_AnOutputOfTheStepBeforeIsGone_IsOpenUntilItIsMade(string again, StepState afterwards)
    {
        RunStep first = Done(First());
        RunStep second = Done(Second(first));
        File.Delete(_folder["run/one/out.txt"]);

        Assert.Equal(StepState.Open, Book().Plan([first, second])["two"].State);
        Done(first, again);
        Assert.Equal(afterwards, Judge(second).State);
    }

    [Fact]
    public void Begin_TheSameStepThatWasInterrupted_Resumes()
    {
        RunStep step = First();
        Assert.False(Book().Begin(step));
        _folder.Write("run/one/checkpoints/step-1", "state");
        Assert.True(Book().Begin(step));
        Assert.True(File.Exists(_folder["run/one/checkpoints/step-1"]));
        Assert.False(Book().Begin(First(seed: "2")));
        Assert.False(File.Exists(_folder["run/one/checkpoints/step-1"]));
        Assert.Equal(["begun and not finished"], Judge(First(seed: "2")).Reasons);
    }

    [Fact]
    public void Judge_CheckpointsThatAreDeleted_ChangeNothing()
    {
        RunStep step = First();
        Book().Begin(step);
        _folder.Write("run/one/checkpoints/step-1", "state");
        _folder.Write("run/one/out.txt", "made");
        Book().Finish(step);
        Directory.Delete(_folder["run/one/checkpoints"], recursive: true);
        Assert.Equal(StepState.Fresh, Judge(step).State);
    }

    /// <summary>The step may not have seen what came while it ran.</summary>
    [Fact]
    public void Finish_WhatItReadsWasChangedMeanwhile_RunsAgain()
    {
        RunStep second = Second(Done(First()));
        Book().Begin(second);
        _folder.Write("run/one/out.txt", "by hand");
        _folder.Write("run/two/out.txt", "made");
        Book().Finish(second);
        Assert.Equal(StepState.Run, Judge(second).State);
    }

    /// <summary>One book over a whole run, as mtt run has it: what it remembers of files ends where a step begins.</summary>
    [Fact]
    public void Judge_ByTheBookThatSawTheFilesBefore_SeesWhatAStepMade()
    {
        RunStep first = Done(First());
        RunStep second = Done(Second(first));
        File.Delete(_folder["run/two/out.txt"]);
        StepBook book = Book();
        book.Plan([first, second]);
        book.Begin(first);
        _folder.Write("run/one/out.txt", "otherwise");
        book.Finish(first);
        Assert.Equal(StepState.Fresh, book.Judge(first).State);
        book.Begin(second);
        _folder.Write("run/two/out.txt", "made");
        book.Finish(second);
        Assert.Equal(StepState.Fresh, Book().Plan([first, second])["two"].State);
    }

    [Fact]
    public void Judge_ARecordThatCannotBeRead_RunsAgain()
    {
        RunStep step = Done(First());
        _folder.Write("run/steps/one.json", "{\"finished\": tr");
        Assert.Equal(["not made yet"], Judge(step).Reasons);
    }

    [Fact]
    public void Begin_AFolderThatOthersFilled_IsRefusedUnlessForced()
    {
        _folder.Write("run/one/notes.txt", "mine");
        RunStep step = First();
        Assert.Throws<MttException>(() => Book().Begin(step));
        Assert.Throws<MttException>(() => Book().Begin(step));
        Assert.False(Book().Begin(step, force: true));
    }

    [Fact]
    public void Plan_AnInputThatIsNotThere_IsRefused()
    {
        RunStep step = First();
        File.Delete(_folder["data.txt"]);
        Assert.Throws<MttException>(() => Book().Begin(step));
    }

    private StepBook Book(string program = "mtt 1") => new(_folder["run"], program);

    private StepVerdict Judge(RunStep step, string program = "mtt 1") => Book(program).Judge(step);

    private RunStep First(string seed = "1")
    {
        if (!File.Exists(_folder["data.txt"]))
        {
            _folder.Write("data.txt", "data");
        }

        return new RunStep("one", _folder["run/one"])
        {
            Settings = new Dictionary<string, string> { ["data.seed"] = seed },
            Inputs = [_folder["data.txt"]],
        };
    }

    private RunStep Second(RunStep first) =>
        new("two", _folder["run/two"]) { After = [first], Reads = () => [_folder["run/one/out.txt"]] };

    private RunStep Done(RunStep step, string text = "made")
    {
        Book().Begin(step);
        _folder.Write($"run/{step.Name}/out.txt", text);
        Book().Finish(step);
        return step;
    }
}
