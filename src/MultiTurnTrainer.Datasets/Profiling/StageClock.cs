// Folder Profiling: processor time by stage.
// Refuses to know: what a stage does.
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Profiling;

/// <summary>What a run spends its time on.</summary>
internal enum Stage
{
    /// <summary>Reading files and cutting them into rows.</summary>
    Read,

    /// <summary>From bytes to a conversation.</summary>
    Parse,

    /// <summary>The template with provenance, the mask rule, and the template again without.</summary>
    Render,

    /// <summary>From text to ids.</summary>
    Encode,

    /// <summary>Finding the tokens' places in the text, labels and their checks.</summary>
    Align,

    /// <summary>Writing rows.</summary>
    Write,

    /// <summary>The rest.</summary>
    Other,
}

/// <summary>Adds up the processor time of one thread's work, stage by stage.</summary>
internal sealed class StageClock
{
    private readonly double[] _seconds = new double[(int)Stage.Other + 1];
    private Stage _stage = Stage.Other;
    private double _since;

    /// <summary>Ends the stage at hand and begins another; <see cref="Stage.Other"/> between pieces of work.</summary>
    public void Enter(Stage stage)
    {
        double now = ProcessorTime.OfThread();
        if (_stage != Stage.Other)
        {
            _seconds[(int)_stage] += now - _since;
        }

        (_stage, _since) = (stage, now);
    }

    /// <summary>Seconds of a stage.</summary>
    public double SecondsOf(Stage stage) => _seconds[(int)stage];

    /// <summary>The items of a sequence, the making of each counted; without a clock the sequence itself.</summary>
    public static IEnumerable<T> Counted<T>(StageClock? clock, Stage stage, IEnumerable<T> items) =>
        clock is null ? items : clock.Counted(stage, items);

    private IEnumerable<T> Counted<T>(Stage stage, IEnumerable<T> items)
    {
        using IEnumerator<T> next = items.GetEnumerator();
        while (true)
        {
            Enter(stage);
            bool any = next.MoveNext();
            Enter(Stage.Other);
            if (!any)
            {
                yield break;
            }

            yield return next.Current;
        }
    }
}
