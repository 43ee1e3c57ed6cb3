using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Tests.Duplicates;

public sealed class DuplicateSearchTests : IDisposable
{
    private const string Text =
        "The quick brown fox jumps over the lazy dog while seven wizards brew a strong potion of thyme and garlic near the river";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Validate_EqualInAnotherFormat_IsADuplicate() =>
        Assert.Equal(
            [("MTT501", 2L)],
            Found(Row("a", "b") + "\n" + """{"instruction":"\u0061","output":"b"}""")
                .Where(found => found.Code == "MTT501")
        );

    [Fact]
    public void Validate_Beginning_IsFoundInEitherOrder()
    {
        string shorter = Row("a", "b");
        string longer = Row("a", "b", "c", "d");
        Assert.Equal([("MTT503", 2L)], Found(shorter + "\n" + longer));
        Assert.Equal([("MTT503", 2L)], Found(longer + "\n" + shorter));
    }

    [Fact]
    public void Validate_OneWordChanged_IsANearDuplicate() =>
        Assert.Equal([("MTT502", 2L)], Found(Row(Text, Text + " today") + "\n" + Row(Text, Text + " tomorrow")));

    [Fact]
    public void Validate_OtherTexts_AreNoDuplicates() =>
        Assert.Empty(
            Found(
                Row(Text, "yes")
                    + "\n"
                    + Row("Explain how tides follow the moon and the sun in a few short words please", "no")
            )
        );

    [Theory]
    [InlineData("\"\\ud800\"", "\"\\ud801\"")]
    [InlineData("""{"a":1}""", """{"a":2}""")]
    [InlineData(
        """[{"type":"text","text":"q"},{"type":"image_url","image_url":{"url":"a"}}]""",
        """[{"type":"text","text":"q"}]"""
    )]
    [InlineData("""null,"function_call":{"name":"a"}""", """null,"function_call":{"name":"b"}""")]
    [InlineData("\"q\",\"tool_calls\":\"a\"", "\"q\",\"tool_calls\":\"b\"")]
    public void Validate_ContentsThatAreNoText_AreDuplicatesByTheirBytesOnly(string one, string other)
    {
        static string Row(string content) =>
            $$"""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":{{content}}}]}""";
        Assert.DoesNotContain(Found(Row(one) + "\n" + Row(other)), found => found.Code == "MTT501");
        Assert.Contains(Found(Row(one) + "\n" + Row(one)), found => found.Code == "MTT501");
    }

    [Theory]
    [InlineData("\"a\"", "\"b\"")]
    [InlineData("""{"role":"user","contents":"a"}""", """{"role":"user","contents":"b"}""")]
    public void Validate_MessagesThatAreNotRead_AreNoDuplicates(string one, string other) =>
        Assert.DoesNotContain(
            Found($$"""{"messages":[{{one}}]}""" + "\n" + $$"""{"messages":[{{other}}]}"""),
            found => found.Code == "MTT501"
        );

    [Theory]
    [InlineData("b", "conversation is")]
    [InlineData("other answer", "prompt is")]
    public void Validate_EvaluationRowOfTheTrainingData_IsLeakage(string answer, string expected)
    {
        string train = _folder.Write("train.jsonl", Row("a", "b"));
        string test = _folder.Write("test.jsonl", Row("new", "n") + "\n" + Row("a", answer));
        List<Finding> findings = [];
        new Validator(new ValidationOptions { Evaluation = [test] }, findings.Add).Run([train]);
        Finding leak = Assert.Single(findings);
        Assert.Equal(("MTT504", 2L, Severity.Error), (leak.Code, leak.Line, leak.Severity));
        Assert.Contains(expected, leak.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_EvaluationAfterManyFiles_IsStillLeakage()
    {
        string[] train =
        [
            .. Enumerable.Range(0, 300).Select(i => _folder.Write($"{i}.jsonl", Row($"question {i}", $"answer {i}"))),
        ];
        string test = _folder.Write("test.jsonl", Row("question 299", "answer 299"));
        List<Finding> findings = [];
        new Validator(new ValidationOptions { Evaluation = [test] }, findings.Add).Run(train);
        Finding leak = Assert.Single(findings);
        Assert.Equal("MTT504", leak.Code);
        Assert.EndsWith("299.jsonl:1", leak.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindOrAdd_BeyondTheCeiling_SaysSo()
    {
        HashTable64 table = new(1 << 13);
        const ulong spread = 0x9E3779B97F4A7C15;
        for (ulong i = 1; i <= 10_000; i++)
        {
            table.FindOrAdd(i * spread, 0, (long)i);
        }

        Assert.True(table.IsFull);
        Assert.Equal(6144, table.Count);
        Assert.Equal(7, table.FindOrAdd(unchecked(7 * spread), 0, 99)!.Value.Line);
    }

    private static string Row(params string[] texts) =>
        $$"""{"messages":[{{string.Join(',', texts.Select((text, i) => $$"""{"role":"{{(i % 2 == 0 ? "user" : "assistant")}}","content":"{{text}}"}"""))}}]}""";

    private List<(string Code, long Line)> Found(string rows)
    {
        List<(string Code, long Line)> found = [];
        ValidationOptions options = new() { Duplicates = DuplicateMode.All };
        new Validator(options, finding => found.Add((finding.Code, finding.Line))).Run([
            _folder.Write("a.jsonl", rows),
        ]);
        return found;
    }
}
