using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Tests.Rules;

/// <summary>Preference rows: both sides as conversations, and where they part.</summary>
public class PairRuleTests
{
    private const string Question = """{"role":"user","content":"hi"}""";
    private const string Good = """{"role":"assistant","content":"hello"}""";
    private const string Other = """{"role":"assistant","content":"go away"}""";

    [Theory]
    [InlineData("""{"prompt":"hi","chosen":"hello","rejected":"go away"}""")]
    [InlineData("""{"prompt":[Q],"chosen":[G],"rejected":[O]}""")]
    [InlineData("""{"chosen":[Q,G],"rejected":[Q,O]}""")]
    [InlineData("""{"chosen":[Q,G,Q,O],"rejected":[Q,G,Q,G]}""")]
    [InlineData("""{"input":{"messages":[Q]},"preferred_output":[G],"non_preferred_output":[O]}""")]
    [InlineData("""{"chosen_messages":[Q,G],"rejected_messages":[Q,O]}""")]
    [InlineData("""{"prompt":"hi","chosen":"hello","rejected":"I'm sorry, but I can't help with that."}""")]
    [InlineData("""{"prompt":"hi","completion":"hello","label":true}""")]
    public void Validate_GoodPair_IsClean(string row) => Assert.Empty(Findings(row));

    [Theory]
    [InlineData("""{"prompt":"hi","chosen":"hello","rejected":"hello"}""", "MTT601 rejected")]
    [InlineData("""{"prompt":[Q],"chosen":[G],"rejected":[G]}""", "MTT601 rejected[0]")]
    [InlineData("""{"prompt":[Q],"chosen":[G,Q,O],"rejected":[G]}""", "MTT602 rejected[0]")]
    [InlineData(
        """{"chosen":[Q,G],"rejected":[{"role":"user","content":"ho"},O]}""",
        "MTT602 chosen[0];MTT602 rejected[0]"
    )]
    [InlineData(
        """{"prompt":[Q],"chosen":[{"role":"assistant","content":"hello","weight":0}],"rejected":[O]}""",
        "MTT206 ;MTT603 rejected[0]"
    )]
    [InlineData("""{"prompt":"hi","chosen":"hello"}""", "MTT604 ")]
    [InlineData("""{"prompt":"hi","rejected":"hello"}""", "MTT604 ")]
    [InlineData("""{"prompt":"hi","chosen":"hello","rejected":null}""", "MTT604 ")]
    [InlineData("""{"input":{"messages":[Q]},"preferred_output":[G]}""", "MTT604 ")]
    [InlineData(
        """{"prompt":[Q],"chosen":[G],"rejected":[{"role":"assistant","content":""}]}""",
        "MTT108 rejected[0].content"
    )]
    [InlineData(
        """{"prompt":[Q],"chosen":[{"role":"assistant","content":" "}],"rejected":[O]}""",
        "MTT108 chosen[0].content"
    )]
    public void Validate_BadPair_IsFoundAtItsPlace(string row, string expected) =>
        Assert.Equal(expected, string.Join(';', Findings(row).Select(finding => $"{finding.Code} {finding.Path}")));

    [Fact]
    public void Validate_SharedBeginning_IsFoundOnce()
    {
        Finding finding = Assert.Single(
            Findings("""{"prompt":[{"role":"usr","content":"hi"}],"chosen":[G],"rejected":[O]}"""),
            finding => finding.Code == "MTT104"
        );
        Assert.Equal("prompt[0].role", finding.Path);
    }

    /// <summary>Of the rejected side every finding counts too, and what both sides share counts once, however many there are.</summary>
    [Theory]
    [InlineData(250)]
    [InlineData(3)]
    public void Validate_ManyFindingsOfTheRejectedSide_AreAllCounted(int count)
    {
        string wrong = string.Join(",", Enumerable.Repeat("""{"role":"usr","content":"hi"}""", count));
        string pair = $$"""{"prompt":[{{wrong}},Q],"chosen":[G],"rejected":[{{wrong}},O]}""";
        using TempFolder folder = new();
        string path = folder.Write(
            "a.jsonl",
            pair.Replace("Q", Question).Replace("G", Good).Replace("O", Other) + "\n"
        );
        ValidationSummary summary = new Validator(new ValidationOptions(), _ => { }).Run([path]);
        Assert.Equal(2L * count, summary.ByCode["MTT104"]);
    }

    /// <summary>What is wrong with a row beside its missing side is said as that.</summary>
    [Fact]
    public void Validate_HalfPairOfAnotherFormat_IsRefusedForWhatItIs() =>
        Assert.Equal(
            "MTT101",
            Assert.Single(Findings("""{"instruction":"hi","input":3,"output":"x","chosen":[G]}""")).Code
        );

    [Fact]
    public void Validate_Baseline_HoldsWhatBothSidesHave()
    {
        string pair =
            """{"prompt":[{"role":"usr","content":"hi"}],"chosen":[G],"rejected":[{"role":"assistant","content":""}]}""";
        KnownFindings known = new();
        List<Finding> found = Findings(pair, new ValidationOptions { Findings = new FindingChoices { Found = known } });

        Assert.Contains(found, finding => finding.Path == "rejected[0].content");
        Assert.Contains(found, finding => finding.Path == "prompt[0].role");
        Assert.Equal((long)found.Count, known.Left);
        Assert.Empty(Findings(pair, new ValidationOptions { Findings = new FindingChoices { Baseline = known } }));
        Assert.Equal(0L, known.Left);
    }

    [Theory]
    [InlineData("\"preferred_output\":[G]")]
    [InlineData("\"chosen_messages\":[Q,G]")]
    public void Validate_PairWithHalfOfAnotherBesideIt_HasBothSides(string other) =>
        Assert.DoesNotContain(
            Findings($$"""{"prompt":[Q],"chosen":[G],"rejected":[O],{{other}}}"""),
            finding => finding.Code is "MTT101" or "MTT604"
        );

    [Fact]
    public void Validate_PairsThatShareASide_AreNoDuplicates()
    {
        string pair = """{"prompt":[Q],"chosen":[G],"rejected":[O]}""";
        Assert.Empty(Findings($"{pair}\n{pair.Replace("O", Good.Replace("hello", "what?"))}"));
    }

    [Fact]
    public void Validate_OneSideChosen_IsAConversation() =>
        Assert.Empty(
            Findings(
                """{"prompt":"hi","chosen":"hello","rejected":"hello"}""",
                new ValidationOptions { Conversion = new ConversionOptions { Preference = PreferenceSide.Chosen } }
            )
        );

    private static List<Finding> Findings(string rows, ValidationOptions? options = null)
    {
        using TempFolder folder = new();
        string text = rows.Replace("Q", Question).Replace("G", Good).Replace("O", Other);
        List<Finding> findings = [];
        new Validator(options ?? new ValidationOptions(), findings.Add).Run([folder.Write("a.jsonl", text + "\n")]);
        return findings;
    }
}
