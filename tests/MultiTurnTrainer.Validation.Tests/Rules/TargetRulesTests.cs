using System.Globalization;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Tests.Rules;

/// <summary>What each service refuses, and that good files pass.</summary>
public sealed class TargetRulesTests : IDisposable
{
    private const string Turn = """{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}""";
    private const string Tools =
        """[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]""";
    private const string BareTool = """[{"type":"function","function":{"name":"f"}}]""";
    private const string Call =
        """{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"abc123XYZ","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"abc123XYZ","content":"1"},{"role":"assistant","content":"one"}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("together")]
    [InlineData("openai")]
    [InlineData("mistral")]
    public void Target_GoodFile_HasNoFindings(string target)
    {
        string row = $$"""{"messages":[{"role":"system","content":"s"},{{Call}}],"tools":{{Tools}}}""";
        string weighted = $$"""{"messages":[{{Turn.Replace("\"hello\"", "\"hello\",\"weight\":0")}},{{Turn}}]}""";
        Assert.Empty(Codes(target, string.Concat(Enumerable.Repeat($"{row}\n{weighted}\n", 5))));
    }

    [Theory]
    // Few rows.
    [InlineData("openai", 9, Turn, "MTT702")]
    // Roles, order, last message, content.
    [InlineData("together", 1, """{"role":"developer","content":"s"},""" + Turn, "MTT704")]
    [InlineData("mistral", 1, """{"role":"developer","content":"s"},""" + Turn, "MTT704")]
    [InlineData("openai", 10, """{"role":"critic","content":"s"},""" + Turn, "MTT704")]
    [InlineData("together", 1, """{"role":"user","content":"s"},""" + Turn, "MTT704")]
    [InlineData("together", 1, """{"role":"assistant","content":"s"}""", "MTT704")]
    [InlineData("mistral", 1, """{"role":"assistant","content":"s"}""", "MTT704")]
    [InlineData("openai", 10, Turn + """,{"role":"user","content":"more"}""", "MTT704")]
    [InlineData("mistral", 1, Turn + """,{"role":"user","content":"more"}""", "MTT704")]
    [InlineData("openai", 10, """{"role":"user"},{"role":"assistant","content":"x"}""", "MTT704")]
    // Weights.
    [InlineData(
        "openai",
        10,
        """{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0.5}""",
        "MTT705"
    )]
    [InlineData(
        "together",
        1,
        """{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":"1"}""",
        "MTT705"
    )]
    [InlineData(
        "mistral",
        1,
        """{"role":"user","content":"a","weight":1},{"role":"assistant","content":"b"}""",
        "MTT705"
    )]
    // Keys of messages.
    [InlineData(
        "openai",
        10,
        """{"role":"user","content":"a","date":"x"},{"role":"assistant","content":"b"}""",
        "MTT703"
    )]
    // Calls and results.
    [InlineData(
        "mistral",
        1,
        """{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"call_1","function":{"name":"f","arguments":"{}"}}]}""",
        "MTT706"
    )]
    [InlineData(
        "openai",
        10,
        """{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":{}}}]}""",
        "MTT706"
    )]
    [InlineData(
        "together",
        1,
        """{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}""",
        "MTT706"
    )]
    [InlineData(
        "openai",
        10,
        """{"role":"user","content":"a"},{"role":"tool","content":"1"},{"role":"assistant","content":"b"}""",
        "MTT706"
    )]
    public void Target_RowThatItRefuses_IsFound(string target, int rows, string messages, string code) =>
        Assert.Equal(
            [code],
            Codes(target, string.Concat(Enumerable.Repeat($$"""{"messages":[{{messages}}]}""" + "\n", rows))).Distinct()
        );

    [Theory]
    [InlineData("together", $$"""{"messages":[{{Turn}}],"id":"a"}""", "MTT703", "id")]
    [InlineData("together", """{"instruction":"say hi","output":"hi"}""", "MTT703", null)]
    [InlineData("mistral", """{"prompt":"a","completion":"b"}""", "MTT703", null)]
    [InlineData("mistral", $$"""{"messages":[{{Turn}}],"tools":{{BareTool}}}""", "MTT706", "tools[0]")]
    public void Target_RowWithOtherKeys_IsFoundAtItsPlace(string target, string row, string code, string? path)
    {
        Finding finding = Found(target, row + "\n").First(finding => finding.Code == code);
        Assert.Equal((path, Severity.Error), (finding.Path, finding.Severity));
        Assert.Contains(target, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Target_FileThatIsNotPlainJsonLines_IsFound()
    {
        Assert.Contains("MTT701", Codes("mistral", $$"""[{"messages":[{{Turn}}]}]""", "rows.json"));
        Assert.Contains("MTT701", Codes("mistral", $$"""{"messages":[{{Turn}}]}""", "rows.jsonl.txt"));
    }

    [Fact]
    public void Target_EvaluationFileBeyondItsLimit_IsFound()
    {
        string rows =
            $$"""{"messages":[{"role":"user","content":"{{new string('x', 2 << 20)}}"},{"role":"assistant","content":"b"}]}""";
        string evaluation = _folder.Write("eval.jsonl", rows);
        string training = _folder.Write("train.jsonl", rows);
        Finding[] found = [.. Found("mistral", [training], [evaluation]).Where(finding => finding.Code == "MTT701")];
        Assert.Equal(evaluation, Assert.Single(found).File);
    }

    [Fact]
    public void Target_LongRow_IsAWarningWithAnEstimate()
    {
        string Row(int characters) =>
            $$"""{"messages":[{"role":"user","content":"{{new string('x', characters)}}"},{"role":"assistant","content":"b"}]}"""
            + "\n";
        string few = string.Concat(Enumerable.Repeat(Row(10), 9));
        Assert.Empty(Codes("openai", few + Row(4 * 65_536 - 10)));
        Finding finding = Assert.Single(Found("openai", few + Row(4 * 65_536 + 10)));
        Assert.Equal(("MTT707", Severity.Warning, 10L), (finding.Code, finding.Severity, finding.Line));
        Assert.Contains("about 65,538 tokens", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_WithoutATarget_FindNothing()
    {
        List<Finding> found = [];
        new Validator(new ValidationOptions(), found.Add).Run([
            _folder.Write("a.json", $$"""[{"messages":[{{Turn}}]}]"""),
        ]);
        Assert.Empty(found);
    }

    /// <summary>The page says what is checked.</summary>
    [Fact]
    public void Page_Numbers_AreThoseOfTheProgram()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/targets.md"));
        foreach (ProviderTarget target in ProviderTarget.All)
        {
            long?[] numbers = [target.MaxBytes, target.MaxEvaluationBytes, target.MaxTokens];
            Assert.All(
                numbers.OfType<long>(),
                number =>
                    Assert.Contains(number.ToString("N0", CultureInfo.InvariantCulture), page, StringComparison.Ordinal)
            );
            Assert.Contains(string.Join(", ", target.Roles), page, StringComparison.Ordinal);
            Assert.Contains(string.Join(", ", target.RowKeys), page, StringComparison.Ordinal);
        }
    }

    private IEnumerable<string> Codes(string target, string rows, string file = "rows.jsonl") =>
        Found(target, rows, file).Select(finding => finding.Code);

    private Finding[] Found(string target, string rows, string file = "rows.jsonl") =>
        Found(target, [_folder.Write(file, rows)], []);

    /// <summary>Findings of the services' rules only.</summary>
    private static Finding[] Found(string target, string[] files, string[] evaluation)
    {
        List<Finding> found = [];
        ValidationOptions options = new()
        {
            Target = ProviderTarget.Find(target),
            Evaluation = evaluation,
            Duplicates = DuplicateMode.None,
        };
        new Validator(options, found.Add).Run(files);
        return [.. found.Where(finding => finding.Code[3] == '7')];
    }
}
