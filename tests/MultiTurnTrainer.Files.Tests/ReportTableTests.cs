using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>The table of every comparison.</summary>
public class ReportTableTests
{
    private static readonly ReportTable _table = new(
        "Runs",
        ["run", "r", "loss"],
        [
            ["a", new TableCell("8", 8), new TableCell("0.5 ± 0.1", 0.5, 0.1)],
            ["b|<i>", new TableCell("16", 16), new TableCell("0.4", 0.4)],
            ["c, \"d\"", "", ""],
        ]
    );

    [Theory]
    [InlineData("loss", false, "b|<i>,a,c, \"d\"")]
    [InlineData("loss", true, "a,b|<i>,c, \"d\"")]
    [InlineData("r", true, "b|<i>,a,c, \"d\"")]
    [InlineData("run", false, "a,b|<i>,c, \"d\"")]
    public void SortedBy_AColumn_OrdersNumbersAsNumbersAndPutsGapsLast(
        string column,
        bool descending,
        string expected
    ) => Assert.Equal(expected, Names(_table.SortedBy(column, descending)));

    [Theory]
    [InlineData("r=8", "a")]
    [InlineData("r != 8", "b|<i>,c, \"d\"")]
    [InlineData("loss<0.45", "b|<i>")]
    [InlineData("loss>=0.5", "a")]
    [InlineData("run=a", "a")]
    public void Where_ACondition_KeepsItsRows(string condition, string expected) =>
        Assert.Equal(expected, Names(_table.Where(condition)));

    [Theory]
    [InlineData("loss", "is no condition")]
    [InlineData("loss<low", "is no condition")]
    [InlineData("los=1", "no column 'los'")]
    public void Where_WhatIsNoCondition_IsRefused(string condition, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<MttException>(() => _table.Where(condition)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void ToCsv_NumbersWithIntervals_HasColumnsForBoth() =>
        Assert.Equal("run,r,loss,loss_interval\na,8,0.5,0.1\nb|<i>,16,0.4,\n\"c, \"\"d\"\"\",,,\n", _table.ToCsv());

    [Fact]
    public void ToText_Columns_AreAligned() =>
        Assert.Equal(
            "run      r       loss\na        8  0.5 ± 0.1\nb|<i>   16        0.4\nc, \"d\"\n",
            _table.ToText()
        );

    [Fact]
    public void ToMarkdown_ABar_IsEscaped() =>
        Assert.Contains("| b\\|<i> | 16 | 0.4 |", _table.ToMarkdown(), StringComparison.Ordinal);

    /// <summary>The page allows its own script and no other, and shows the same without it.</summary>
    [Fact]
    public void AddTo_APage_HasNumbersToSortByAndAPolicyForItsScript()
    {
        HtmlPage page = new("x");
        _table.AddTo(page);
        _table.AddTo(page);
        string html = page.Finish();
        Assert.Contains("<td data-v=\"0.5\">0.5 &#177; 0.1</td>", html, StringComparison.Ordinal);
        Assert.Contains("b|&lt;i&gt;", html, StringComparison.Ordinal);
        string script = html.Split("<script type=\"module\">")[1].Split("</script>")[0];
        string hash = Convert.ToBase64String(
            System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(script))
        );
        Assert.Contains($"script-src 'sha256-{hash}'", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<script").Length);
        Assert.DoesNotContain("<script", new HtmlPage("x").Finish(), StringComparison.Ordinal);
    }

    private static string Names(ReportTable table) => string.Join(',', table.Rows.Select(row => row[0].Text));
}
