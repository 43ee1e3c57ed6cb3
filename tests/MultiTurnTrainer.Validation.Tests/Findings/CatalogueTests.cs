using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Reports;

namespace MultiTurnTrainer.Validation.Tests.Findings;

public class CatalogueTests
{
    /// <summary><c>MTT_UPDATE_DOCS=1</c> writes the page.</summary>
    [Fact]
    public void Markdown_OfTheRules_IsTheCommittedPage()
    {
        string page = Path.Combine(Repository.Root, "docs/findings.md");
        if (Environment.GetEnvironmentVariable("MTT_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(page, CatalogueMarkdown.Write());
        }

        Assert.Equal(CatalogueMarkdown.Write(), File.ReadAllText(page));
    }

    [Theory]
    [InlineData("MTT104")]
    [InlineData("mtt104")]
    [InlineData("unknown-role")]
    public void Find_ByCodeOrName_IsTheRule(string text) => Assert.Equal("MTT104", Catalogue.Find(text)?.Code);

    [Fact]
    public void Explain_EveryRule_SaysWhyAndHow() =>
        Assert.All(
            Catalogue.All,
            rule =>
            {
                string text = CatalogueText.Explain(rule);
                Assert.Contains("Why:  ", text, StringComparison.Ordinal);
                Assert.Contains("Fix: ", text, StringComparison.Ordinal);
            }
        );
}
