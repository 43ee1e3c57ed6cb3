using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Differences;
using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Conversations.Tests.Differences;

public sealed class DatasetComparisonTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_SameRowsInAnotherOrderAndLayout_FindsNothing()
    {
        string a =
            """{"id":"a","messages":[{"role":"user","content":"one \" {"},{"role":"assistant","content":"x"}]}""";
        string b = """{"messages":[{"role":"user","content":"two"},{"role":"assistant","content":"y"}]}""";
        (List<RowChange> changes, DifferenceCounts counts) = Compare(
            $"{a}\n{b}\n",
            $"{b.Replace(":", " : ", StringComparison.Ordinal)}\n{a}\n"
        );
        Assert.Empty(changes);
        Assert.Equal((2, false), (counts.Same, counts.Any));
    }

    [Fact]
    public void Run_RowsAddedAndGone_AreNamedByLine()
    {
        (List<RowChange> changes, DifferenceCounts counts) = Compare(
            Row("a", "x") + Row("b", "y"),
            Row("c", "z") + Row("b", "y")
        );
        Assert.Equal(
            [(ChangeKind.Added, null, 1L), (ChangeKind.Gone, (long?)1, null)],
            changes.Select(change => (change.Kind, change.OldLine, change.NewLine))
        );
        Assert.Equal((1, 2, 2), (counts.Same, counts.OldRows, counts.NewRows));
    }

    /// <summary>Without ids the rows that begin with the same question belong together.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("\"id\":\"r\",", "another question")]
    public void Run_ChangedAnswer_IsOneMessageOfOneRow(string id, string question)
    {
        string old =
            $$"""{{{id}}"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"x"},{"role":"user","content":"more"},{"role":"assistant","content":"z"}]}""";
        string changed = old.Replace("\"x\"", "\"X\"", StringComparison.Ordinal);
        changed =
            question.Length == 0 ? changed : changed.Replace("\"q\"", $"\"{question}\"", StringComparison.Ordinal);
        RowChange change = Assert.Single(Compare(Row("a", "b") + old + "\n", changed + "\n" + Row("a", "b")).Changes);
        Assert.Equal((ChangeKind.Changed, 2, 1), (change.Kind, change.OldLine, change.NewLine));
        int first = question.Length == 0 ? 1 : 0;
        Assert.Equal(
            Enumerable.Range(first, 2 - first).Select(i => (ChangeKind.Changed, (int?)i, (int?)i)),
            change.Messages.Select(message => (message.Kind, message.Old, message.New))
        );
    }

    [Fact]
    public void Run_MessagesPutInAndTakenOut_AreAddedAndGone()
    {
        const string head = """{"role":"user","content":"q"},{"role":"assistant","content":"a"}""";
        const string tail = """{"role":"user","content":"bye"},{"role":"assistant","content":"z"}""";
        const string more = """{"role":"user","content":"p"},{"role":"assistant","content":"b"}""";
        string two = $$"""{"messages":[{{head}},{{tail}}]}""" + "\n";
        string three = $$"""{"messages":[{{head}},{{more}},{{tail}}]}""" + "\n";
        Assert.Equal(
            [(ChangeKind.Added, null, (int?)2), (ChangeKind.Added, null, 3)],
            Assert.Single(Compare(two, three).Changes).Messages.Select(m => (m.Kind, m.Old, m.New))
        );
        Assert.Equal(
            [(ChangeKind.Gone, (int?)2, null), (ChangeKind.Gone, 3, null)],
            Assert.Single(Compare(three, two).Changes).Messages.Select(m => (m.Kind, m.Old, m.New))
        );
    }

    [Theory]
    [InlineData("\"weight\":0,", 1, 0)]
    [InlineData("\"weight\":0.5,", 1, 0.5)]
    public void Run_OtherWeight_IsSupervision(string weight, float before, float after)
    {
        string old = Row("q", "x");
        string changed = old.Replace(
            "\"role\":\"assistant\"",
            $"{weight}\"role\":\"assistant\"",
            StringComparison.Ordinal
        );
        (List<RowChange> changes, DifferenceCounts counts) = Compare(old, changed);
        MessageChange message = Assert.Single(Assert.Single(changes).Messages);
        Assert.Equal((ChangeKind.Supervision, 1, Role.Assistant), (message.Kind, message.New, message.Role));
        Assert.Equal((before, after), (message.OldWeight, message.NewWeight));
        Assert.Equal(1, counts.Messages[ChangeKind.Supervision]);
    }

    [Fact]
    public void Run_ToolsAndOtherKeys_AreNoChangeOfMessages()
    {
        string old = Row("q", "x");
        string tools = old.Replace(
            "]}",
            """],"tools":[{"type":"function","function":{"name":"f"}}]}""",
            StringComparison.Ordinal
        );
        string other = old.Replace("]}", """],"metadata":{"a":1}}""", StringComparison.Ordinal);
        Assert.True(Assert.Single(Compare(old, tools).Changes) is { Tools: true, Messages.Count: 0 });
        Assert.True(Assert.Single(Compare(old, other).Changes) is { Tools: false, Messages.Count: 0 });
    }

    /// <summary>The same row twice is one row more.</summary>
    [Fact]
    public void Run_RowTwice_IsAddedOnce()
    {
        (List<RowChange> changes, DifferenceCounts counts) = Compare(Row("q", "x"), Row("q", "x") + Row("q", "x"));
        Assert.Equal(ChangeKind.Added, Assert.Single(changes).Kind);
        Assert.Equal(1, counts.Same);
    }

    private static string Row(string question, string answer) =>
        $$"""{"messages":[{"role":"user","content":"{{question}}"},{"role":"assistant","content":"{{answer}}"}]}"""
        + "\n";

    private (List<RowChange> Changes, DifferenceCounts Counts) Compare(string old, string @new)
    {
        List<RowChange> changes = [];
        DifferenceCounts counts = DatasetComparison.Run(
            _folder.Write("old.jsonl", old),
            _folder.Write("new.jsonl", @new),
            ConversionOptions.Faithful,
            changes.Add
        );
        return (changes, counts);
    }
}
