using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

/// <summary>What a template did to any message and to the tools is counted, supervised or not.</summary>
public class TemplateEffectsTests
{
    private const string Answer = """{"role":"assistant","content":"a"}""";
    private const string Question = """{"role":"user","content":"q"}""";
    private const string Calls =
        """{"role":"assistant","content":"c","tool_calls":[{"function":{"name":"f","arguments":"{\"a\": 1}"}}]}""";

    private const string TwoCalls =
        """{"role":"assistant","content":"c","tool_calls":[{"function":{"name":"f","arguments":{}}},{"function":{"name":"g","arguments":{}}}]}""";
    private const string TwoParts =
        """{"role":"user","content":[{"type":"text","text":"p"},{"type":"text","text":" "},{"type":"text","text":"lost"}]}""";

    private static readonly Tokenizer _tokenizer = Tokenizer.Load(
        Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model")
    );

    [Theory]
    [InlineData("m.role not in ['system']", """{"role":"system","content":"s"}""", "system-dropped")]
    [InlineData("m.role != 'developer'", """{"role":"developer","content":"s"}""", "developer-dropped")]
    [InlineData("m.content != 'lost'", """{"role":"user","content":"lost"}""", "user-dropped")]
    [InlineData("m.role != 'tool'", """{"role":"tool","content":"t"}""", "tool-content-dropped")]
    [InlineData("m.role != 'judge'", """{"role":"judge","content":"j"}""", "unknown-role-dropped")]
    public void Find_MessageWithoutATrace_IsNamedByItsRole(string condition, string message, string code) =>
        Assert.Equal(
            [code],
            Effects($"{{% for m in messages if {condition} %}}" + Turn("m.content"), $"{message},{Question},{Answer}")
        );

    [Theory]
    [InlineData(
        "m.content if m.content is string",
        """{"role":"user","content":[{"type":"text","text":"p"}]}""",
        "parts-dropped"
    )]
    [InlineData("m.content", """{"role":"user","content":[{"type":"text","text":"p"}]}""", "parts-stringified")]
    [InlineData("m.content | trim", """{"role":"user","content":"q\n"}""", "questions-trimmed")]
    [InlineData("m.content | trim", """{"role":"system","content":" s"}""", "content-trimmed")]
    [InlineData("m.content | trim", """{"role":"assistant","content":"a \n","weight":0}""", "answers-trimmed")]
    [InlineData("m.content[:2]", """{"role":"user","content":"\u0071uestion"}""", "content-cut")]
    [InlineData(
        "m.content",
        """{"role":"assistant","content":"a","reasoning":"r","weight":0}""",
        "earlier-reasoning-dropped"
    )]
    [InlineData("m.content", Calls, "tool-calls-dropped")]
    [InlineData("m.content ~ (m.tool_calls[0].function | tojson if m.tool_calls)", TwoCalls, "tool-calls-dropped")]
    [InlineData("m.content ~ (m.tool_calls | tojson if m.tool_calls)", TwoCalls, null)]
    [InlineData("m.content[0].text if m.content is not string else m.content", TwoParts, "parts-dropped")]
    [InlineData("m.content | map(attribute='text') | join if m.content is not string else m.content", TwoParts, null)]
    [InlineData("m.content ~ (m.tool_calls | tojson if m.tool_calls)", Calls, "arguments-double-encoded")]
    [InlineData("m.content ~ (m.tool_calls[0].function.arguments if m.tool_calls)", Calls, null)]
    [InlineData("m.content", """{"role":"user","content":"plain\n\"\u00e9\" \uD83D\uDE00"}""", null)]
    public void Find_PartOfAMessage_IsNamed(string content, string message, string? code) =>
        Assert.Equal(
            code is null ? [] : [code],
            Effects("{% for m in messages %}" + Turn(content), $"{message},{Question},{Answer}")
        );

    [Theory]
    [InlineData("", "tools-dropped")]
    [InlineData("{{ tools | tojson }}", null)]
    [InlineData("{{ tools }}", null)]
    [InlineData("{{ tools[0] | tojson }}", "tools-dropped")]
    [InlineData("You are a kind and helpful model. {{ tools | tojson }}", "text-injected")]
    [InlineData("{{ tools | tojson }}{{ strftime_now('%d %B') }}", "date-injected")]
    public void Find_WhatStandsOnce_IsNamed(string before, string? code) =>
        Assert.Equal(
            code is null ? [] : [code],
            Effects(
                before + "{% for m in messages %}" + Turn("m.content"),
                $"{Question},{Answer}",
                """[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"""
            )
        );

    private static string Turn(string content) =>
        "<|im_start|>{{ m.role }}\n{{ "
        + content
        + " }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static IEnumerable<string> Effects(string template, string messages, string tools = "[]")
    {
        ChatModel chat = new() { Template = ChatTemplate.Parse(template), StopTokens = ["<|im_end|>"] };
        string json = "{\"messages\":[" + messages + "],\"tools\":" + tools + "}";
        RowOptions options = new() { Now = DateTimeOffset.UnixEpoch };
        RowOutcome outcome = new RowBuilder(new RowModel(chat, _tokenizer, options), options).Build(
            Conversation.FromJson(JsonView.Parse(json))
        );
        Assert.False(outcome.IsRefused, string.Join("; ", outcome.Findings));
        return outcome.Counts.Effects.Keys;
    }
}
