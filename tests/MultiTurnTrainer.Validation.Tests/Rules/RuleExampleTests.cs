using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Tests.Rules;

/// <summary>Every rule finds its own example, and nothing in a good row.</summary>
public class RuleExampleTests
{
    public static TheoryData<string> Codes =>
        [.. Catalogue.All.Where(rule => rule.Bad.Length > 0).Select(rule => rule.Code)];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Check_OwnExample_IsFound(string code)
    {
        List<Finding> findings = Validate(Catalogue.Find(code)!.Bad);
        Finding finding = findings.First(finding => finding.Code == code);
        Assert.Equal(Catalogue.Find(code)!.Severity, finding.Severity);
        Assert.True(finding.Line > 0);
        Assert.False(string.IsNullOrEmpty(finding.Hint));
    }

    [Fact]
    public void Check_GoodRow_IsClean() => Assert.Empty(Validate(Examples.Good));

    [Fact]
    public void Codes_AreUniqueAndNamesToo()
    {
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(rule => rule.Code).Distinct().Count());
        Assert.Equal(Catalogue.All.Count, Catalogue.All.Select(rule => rule.Name).Distinct().Count());
    }

    internal static List<Finding> Validate(string text)
    {
        using TempFolder folder = new();
        List<Finding> findings = [];
        new Validator(new ValidationOptions(), findings.Add).Run([folder.Write("a.jsonl", text)]);
        return findings;
    }
}
