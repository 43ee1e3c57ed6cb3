using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Tests.Rules;

/// <summary>What a conversion keeps aside, or cannot use, is said; what it uses is not.</summary>
public class ConvertedRowTests
{
    private const string Turns = """[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]""";
    private const string Messages = """[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]""";

    [Theory]
    [InlineData($$"""{"conversations":{{Turns}},"source":"x"}""", "source", Severity.Info)]
    [InlineData($$"""{"conversations":{{Turns}},"sytem":"x"}""", "sytem", Severity.Warning)]
    [InlineData("""{"instruction":"q","output":"a","toolz":[]}""", "toolz", Severity.Warning)]
    [InlineData("""{"query":"q","response":"a","rejected_response":"b"}""", "rejected_response", Severity.Info)]
    [InlineData($$"""{"traj":{{Messages}},"reward":1}""", "reward", Severity.Info)]
    [InlineData(
        """{"responses_create_params":{"input":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"temperature":1}}""",
        "responses_create_params.temperature",
        Severity.Info
    )]
    [InlineData(
        """{"system":"s","messages":[{"role":"system","content":"t"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""",
        "system",
        Severity.Info
    )]
    [InlineData("""{"question":"q","answer":"a","documents":"x"}""", "documents", Severity.Info)]
    [InlineData($$"""{"messages":{{Messages}},"documents":"x"}""", "documents", Severity.Info)]
    [InlineData($$"""{"messages":{{Messages}},"docments":[1]}""", "docments", Severity.Warning)]
    [InlineData(
        $$"""{"system":"s","conversations":[{"from":"system","value":"t"},{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}""",
        "system",
        Severity.Info
    )]
    [InlineData($$"""{"conversations":{{Turns}},"messages":{{Messages}}}""", "messages", Severity.Info)]
    [InlineData(
        $$"""{"conversations":{{Turns}},"tools":[{"name":"g"}],"functions":[{"name":"f"}]}""",
        "functions",
        Severity.Info
    )]
    public void Check_KeyKeptAside_IsSaid(string row, string path, Severity severity)
    {
        Finding finding = Assert.Single(RuleExampleTests.Validate(row), finding => finding.Code == "MTT113");
        Assert.Equal((path, severity), (finding.Path, finding.Severity));
    }

    [Theory]
    [InlineData($$"""{"conversations":{{Messages}}}""")]
    [InlineData($$"""{"conversations":{{Turns}},"system":"s","tools":[],"id":"1","extra":null,"empty":""}""")]
    [InlineData("""{"query":"q","response":"a","history":[],"system":""}""")]
    [InlineData(
        """{"messages":[{"role":"user","content":"q","name":null,"note":null},{"role":"assistant","content":"a","tool_calls":null}]}"""
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":{},"reasoning":"r","reasoning_content":"r"}]}"""
    )]
    [InlineData(
        """{"input":[{"role":"user","content":"q"},{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"a","annotations":[]}]}]}"""
    )]
    public void Check_NothingKeptAside_IsClean(string row) => Assert.Empty(RuleExampleTests.Validate(row));

    [Theory]
    [InlineData(
        $$"""{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a","resoning":"x"}]}""",
        "MTT103"
    )]
    [InlineData(
        $$"""{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a","content":"x"}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"input":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"type":"reasoning","summary":[]}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"<tool_call>f(1)</tool_call>"}]}""",
        "MTT310"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"name":"f","arguments":{"b":null}}]},{"role":"tool","content":"r"},{"role":"assistant","content":"a"}]}""",
        "MTT309"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"name":"f","arguments":null}]},{"role":"tool","content":"r"},{"role":"assistant","content":"a"}]}""",
        "MTT310"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"name":"f","argumens":{"b":1}}]},{"role":"tool","content":"r"},{"role":"assistant","content":"a"}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"b"},{"type":"text","text":"<tool_call>{}</tool_call>"}]}]}""",
        "MTT310"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","refusal":"no"}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","reasoning":"r","reasoning_content":"s"}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"messages":[{"role":"user","content":[{"type":"text","value":"q","note":"n"}]},{"role":"assistant","content":[{"type":"text","value":"a"}]}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"input":[{"role":"user","content":"q"},{"type":"function_call","name":"f","arguments":"{}","note":"n"},{"type":"function_call_output","output":"r"},{"role":"assistant","content":"a"}]}""",
        "MTT103"
    )]
    [InlineData(
        """{"input":[{"role":"user","content":"q"},{"type":"reasoning","summary":[],"encrypted_content":"x"},{"role":"assistant","content":"a"}]}""",
        "MTT103"
    )]
    [InlineData($$"""{"messages":{{Messages}},"images":"a.png"}""", "MTT110")]
    public void Check_WhatIsNotRead_IsSaid(string row, string code) =>
        Assert.Contains(RuleExampleTests.Validate(row), finding => finding.Code == code);
}
