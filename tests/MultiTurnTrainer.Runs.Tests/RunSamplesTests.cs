using MultiTurnTrainer.Runs.Tables;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>What runs answered to the same prompts.</summary>
public sealed class RunSamplesTests : IDisposable
{
    private const string Before =
        """{"id":"row 1","prompt":"<|im_start|>user\nhi<|im_end|>","expected":"hello","before":"the <b>same</b>","after":""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>What they said before is shown once where it is the same, and each answer after stands by its run.</summary>
    [Fact]
    public void ToText_TwoRuns_SetsTheirAnswersBesideEachOther()
    {
        string text = RunSamples.ToText([
            Run("a", Before + "\"hello\"}\n"),
            Run("b", Before + "\"two\\nlines\"}\n"),
            new RunFacts("c"),
        ]);
        Assert.Equal(
            """

            row 1: <|im_start|>user\nhi<|im_end|>
              before training  the <b>same</b>
              a, after         hello
              b, after         two\nlines
              in the data      hello

            """,
            text
        );
    }

    [Fact]
    public void ToText_OtherAnswersBefore_AreShownByRun()
    {
        string other = Before.Replace("the <b>same</b>", "another", StringComparison.Ordinal);
        string text = RunSamples.ToText([Run("a", Before + "\"x\"}\n"), Run("b", other + "\"y\"}\n")]);
        Assert.Contains("a, before    the <b>same</b>\n", text, StringComparison.Ordinal);
        Assert.Contains("b, before    another\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_RunsWithSamples_EscapesThem()
    {
        RunFacts run = Run("a", Before + "\"<script>x</script>\"}\n");
        string page = RunReport.Page("runs", RunTable.Of([run]), [run]);
        Assert.Contains("the &lt;b&gt;same&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>x", page, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "Sample answers",
            RunReport.Page("runs", RunTable.Of([new RunFacts("c")]), [new RunFacts("c")]),
            StringComparison.Ordinal
        );
    }

    private RunFacts Run(string name, string samples)
    {
        _folder.Write($"{name}/samples.jsonl", samples);
        return new RunFacts(name) { Folder = _folder[name] };
    }
}
