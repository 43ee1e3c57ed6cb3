using System.Text.RegularExpressions;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>A part of a page that a test writes, between <c>&lt;!-- NAME --&gt;</c> and <c>&lt;!-- end of NAME --&gt;</c>.</summary>
public static class GeneratedSection
{
    /// <summary>Whether pages are to be written and not compared: <c>MTT_UPDATE_DOCS=1</c>.</summary>
    public static bool IsUpdate => Environment.GetEnvironmentVariable("MTT_UPDATE_DOCS") == "1";

    /// <summary>Compares a section with what it should be, or writes it.</summary>
    /// <param name="page">The page, below <c>docs</c>.</param>
    /// <param name="name">The section.</param>
    /// <param name="text">What it should be.</param>
    /// <param name="measured">A pattern of what is another number in each run; it is not compared.</param>
    public static void Check(string page, string name, string text, string? measured = null)
    {
        string path = System.IO.Path.Combine(Repository.Root, "docs", page);
        string whole = File.ReadAllText(path);
        string first = $"<!-- {name} -->\n";
        int start = whole.IndexOf(first, StringComparison.Ordinal) + first.Length;
        int end = whole.IndexOf($"<!-- end of {name} -->", StringComparison.Ordinal);
        Assert.True(start >= first.Length && end >= start, $"docs/{page} has no section {name}");
        if (IsUpdate)
        {
            File.WriteAllText(path, whole[..start] + text + whole[end..]);
            return;
        }

        Assert.Equal(Compared(text, measured), Compared(whole[start..end], measured));
    }

    private static string Compared(string text, string? measured) =>
        measured is null ? text : Regex.Replace(text, measured, "…");
}
