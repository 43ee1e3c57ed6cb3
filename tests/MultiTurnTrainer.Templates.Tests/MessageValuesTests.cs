using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>What templates see of messages: null keys are absent, reasoning stands under the name that is read.</summary>
public class MessageValuesTests
{
    private const string Keys =
        "{% for m in messages %}{% for k in m %}{{ k }} {% endfor %}{% for c in m.tool_calls or [] %}({% for k in c %}{{ k }} {% endfor %}"
        + "{{ c.function.arguments | tojson }}){% endfor %}{% if m.content is not string %}{% for p in m.content or [] %}[{{ p | tojson }}]"
        + "{% endfor %}{% endif %}{% endfor %}";

    [Theory]
    [InlineData("""[{"role":"user","content":"a","name":null,"tool_calls":null,"weight":null}]""", "role content ")]
    [InlineData("""[{"role":"assistant","content":null}]""", "role ")]
    [InlineData(
        """[{"role":"assistant","tool_calls":[{"id":null,"type":"function","function":{"name":"f","arguments":null,"strict":null}}]}]""",
        "role tool_calls (type function {})"
    )]
    [InlineData(
        """[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"a":null}}}]}]""",
        """role tool_calls (function {"a": null})"""
    )]
    [InlineData(
        """[{"role":"user","content":[{"type":"text","text":"a","image":null}]}]""",
        """role content [{"type": "text", "text": "a"}]"""
    )]
    public void Render_NullKeys_AreAbsent(string messages, string expected) =>
        Assert.Equal(expected, Render(Keys, messages));

    [Theory]
    [InlineData("{{ m.reasoning_content }}")]
    [InlineData("{{ m['reasoning'] }}")]
    [InlineData("{{ m.get('thinking') }}")]
    [InlineData("{% if 'thinking' in m %}{{ m.thinking }}{% endif %}")]
    public void Render_ReasoningUnderAnyName_StandsUnderTheNameThatIsRead(string body)
    {
        string template = "{% for m in messages %}" + body + "{% endfor %}";
        foreach (string name in new[] { "reasoning_content", "reasoning", "thinking" })
        {
            RenderInput input = Input($$"""[{"role":"assistant","{{name}}":"why","content":"a"}]""");
            RenderedText rendered = ChatTemplate.Parse(template).Render(input);
            Assert.Equal("why", rendered.Text);
            Assert.Equal("why", ChatTemplate.Parse(template).RenderText(input));
            Origin origin = Assert.Single(rendered.Spans).Origin;
            Assert.Equal((MessageField.Reasoning, $"messages[0].{name}"), (origin.Field, origin.Path));
        }
    }

    [Theory]
    [InlineData("""{"reasoning":"b","reasoning_content":"a"}""", "a")]
    [InlineData("""{"reasoning":"b","reasoning_content":null}""", "b")]
    [InlineData("""{"reasoning_content":null,"thinking":"b"}""", "b")]
    public void Render_ReasoningTwice_ItsOwnNameWins(string message, string expected) =>
        Assert.Equal(expected, Render("{{ messages[0].reasoning_content }}", $"[{message}]"));

    /// <summary>A name in a text of the template is not read: nothing is renamed.</summary>
    [Fact]
    public void Render_TemplateReadsNoName_KeysStay() =>
        Assert.Equal(
            "role thinking reasoning",
            Render(
                "{% for k in messages[0] %}{{ k }} {% endfor %}reasoning",
                """[{"role":"assistant","thinking":"b"}]"""
            )
        );

    /// <summary>
    /// The real template tests the content, and whether calls are there at all: nulls that Arrow and the OpenAI SDK put
    /// beside it must not be there.
    /// </summary>
    [Theory]
    [InlineData("trl__deepseekv3.jinja")]
    [InlineData("axolotl__deepseek_v3.jinja")]
    public void Render_DeepSeekV3WithNullKeys_IsAsWithoutTheOthers(string file)
    {
        ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(SharedData.Path("templates", file)));
        const string call = """{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\": 1}"}}""";
        string plain = $$"""
            [{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{{call}}]},
            {"role":"tool","content":"r"},{"role":"assistant","content":"a"}]
            """;
        string full = $$"""
            [{"role":"user","content":"q","tool_calls":null,"name":null},{"role":"assistant","content":null,"tool_calls":[{{call}}],"refusal":null},
            {"role":"tool","content":"r","tool_calls":null},{"role":"assistant","content":"a","tool_calls":null,"function_call":null}]
            """;
        string expected = template.RenderText(Input(plain));
        Assert.Contains("```json\n{\"a\": 1}\n```", expected, StringComparison.Ordinal);
        Assert.DoesNotContain("None", expected, StringComparison.Ordinal);
        Assert.Equal(expected, template.RenderText(Input(full)));
        Assert.Equal(expected, template.Render(Input(full)).Text);
    }

    /// <summary>As DeepSeek-V3 tests it: without the key the template raises, so it gets the message as it stands.</summary>
    [Fact]
    public void Render_TemplateNeedsTheNull_GetsIt()
    {
        const string template =
            "{% for m in messages %}{% if m.content is none %}call{% else %}{{ m.content.split('x')[0] }}{% endif %}{% endfor %}";
        const string messages = """[{"role":"user","content":"q"},{"role":"assistant","content":null,"name":null}]""";
        Assert.Equal("qcall", Render(template, messages));
        Assert.Equal("qcall", ChatTemplate.Parse(template).Render(Input(messages)).Text);
        Assert.Throws<TemplateException>(() => Render(template, """[{"role":"assistant"}]"""));
    }

    /// <summary>As LFM2 prints it: the word null is not learned.</summary>
    [Theory]
    [InlineData("{{ messages[0].content | tojson }}")]
    [InlineData("{{ 'a' + messages[0].content | string + messages[0].text.x }}")]
    public void Render_TemplateWouldPrintTheNull_IsRefused(string template) =>
        Assert.Throws<TemplateException>(() => Render(template, """[{"role":"assistant","content":null}]"""));

    [Fact]
    public void Render_AsWritten_GivesEveryKey() =>
        Assert.Equal(
            "role thinking name -",
            ChatTemplate
                .Parse("{% for k in messages[0] %}{{ k }} {% endfor %}{{ messages[0].reasoning_content or '-' }}")
                .RenderText(Input("""[{"role":"assistant","thinking":"b","name":null}]""") with { AsWritten = true })
        );

    private static string Render(string template, string messages) =>
        ChatTemplate.Parse(template).RenderText(Input(messages));

    private static RenderInput Input(string messages) => new(JsonView.Parse(messages));
}
