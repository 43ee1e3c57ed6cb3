using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Spans: no gaps, the right origin and context, and a text that provenance does not change.</summary>
public class ProvenanceTests
{
    private const string ChatMl =
        "{{ bos_token }}{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content | trim + '<|im_end|>\n' }}"
        + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private static readonly string[] _bodies =
    [
        "{{ m.content }}",
        "{{ m.content | trim | upper }}",
        "{{ m['content'].split(' ') | join('_') }}",
        "{{ (m.role ~ ': ' ~ m.content)[1:] }}",
        "{{ m.content | replace('a', m.role) }}",
        "{% set x %}<{{ m.content }}>{% endset %}{{ x }}{{ x | length }}",
        "{{ m | tojson }}{{ [m.content, 1, none] }}",
        "{{ '%s|%s' | format(m.role, m.content) }}{{ '{:>9}'.format(m.content) }}",
        "{{ m.content.splitlines() | join('\n') | indent(2, true) }}",
        "{% for c in m.content %}{{ c }}{{ loop.index }}{% endfor %}",
        "{{ m.content[::-1] }}{{ m.content | capitalize }}{{ m.content | title }}",
        "{{ m.content | e }}{{ m.content | truncate(9) }}{{ m.content | wordwrap(5) }}{{ m.content.center(20) }}",
    ];

    [Fact]
    public void Render_AnyText_HasSpansWithoutGapsAndTheUntrackedText()
    {
        ChatTemplate[] templates =
        [
            .. _bodies.Select(body =>
                ChatTemplate.Parse("{{ bos_token }}{% for m in messages %}" + body + "{% endfor %}")
            ),
        ];
        Gen<string> word = Gen.Elements(
            "a",
            "B",
            " ",
            "\n",
            "é",
            "👍",
            "ß",
            "'",
            "\"",
            "\\",
            "<",
            "&",
            "{{",
            "ab cd",
            "\t",
            "%",
            "{0}"
        );
        Gen<string> content = word.ListOf().Select(words => string.Concat(words));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(150),
            Prop.ForAll(
                content.ListOf().ToArbitrary(),
                contents =>
                {
                    RenderInput input = Input(contents);
                    foreach (ChatTemplate template in templates)
                    {
                        RenderedText rendered = template.Render(input);
                        Assert.Equal(template.RenderText(input), rendered.Text);
                        AssertCovers(rendered);
                        AssertOrigins(rendered, contents);
                    }
                }
            )
        );
    }

    [Fact]
    public void Render_ChatMl_KnowsWhereEveryCharacterCameFrom()
    {
        RenderedText rendered = ChatTemplate.Parse(ChatMl).Render(Input([" hi ", "yo"]) with { BosToken = "<s>" });
        Assert.Equal("<s><|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nyo<|im_end|>\n", rendered.Text);
        Assert.Equal(
            [
                "<s> variable:bos_token -1",
                "<|im_start|> literal 0",
                "user messages[0].role 0",
                "\n literal 0",
                "hi messages[0].content 0",
                "<|im_end|>\n literal 0",
                "<|im_start|> literal 1",
                "assistant messages[1].role 1",
                "\n literal 1",
                "yo messages[1].content 1",
                "<|im_end|>\n literal 1",
            ],
            rendered.Spans.Select(s => $"{rendered.Text[s.Start..s.End]} {s.Origin.Path} {s.Context}")
        );
        Assert.Equal(1, rendered.Spans[4].OriginOffset);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(
        "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}",
        true
    )]
    [InlineData("{% set add_generation_prompt = messages | length > 1 %}", false)]
    public void PromptIsConstant_OnlyWhereNoMessageDecides(string before, bool constant) =>
        Assert.Equal(constant, ChatTemplate.Parse(before + ChatMl).PromptIsConstant);

    [Fact]
    public void PromptIsConstant_PromptAfterALookAtTheMessages_IsNot() =>
        Assert.False(
            ChatTemplate
                .Parse(
                    ChatMl.Replace(
                        "{{ '<|im_start|>assistant",
                        "{{ messages[-1].role }}{{ '<|im_start|>assistant",
                        StringComparison.Ordinal
                    )
                )
                .PromptIsConstant
        );

    [Fact]
    public void Render_ToolCall_NamesPathsAndFields()
    {
        JsonView messages = JsonView.Parse(
            """[{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a b": 1, "c": "x\ny"}}}]}]"""
        );
        RenderedText rendered = ChatTemplate
            .Parse(
                "{% for m in messages %}{% for t in m.tool_calls %}{{ t.function | tojson }}{% endfor %}{% endfor %}"
            )
            .Render(new RenderInput(messages));
        Assert.Equal("""{"name": "f", "arguments": {"a b": 1, "c": "x\ny"}}""", rendered.Text);
        (string Text, Origin Origin)[] spans =
        [
            .. rendered.Spans.Select(s => (rendered.Text[s.Start..s.End], s.Origin)),
        ];
        Assert.Contains(spans, s => s is { Text: "f", Origin.Field: MessageField.CallName });
        Assert.Contains(
            spans,
            s => s.Text == "1" && s.Origin.Path == "messages[0].tool_calls[0].function.arguments[\"a b\"]"
        );
        Assert.Contains(spans, s => s is { Text: "\\n", Origin.Field: MessageField.CallArguments });
        Assert.All(rendered.Spans, s => Assert.Equal(0, s.Context));
    }

    private static void AssertCovers(RenderedText rendered)
    {
        int at = 0;
        foreach (RenderedSpan span in rendered.Spans)
        {
            Assert.Equal(at, span.Start);
            Assert.True(span.End > span.Start);
            at = span.End;
        }

        Assert.Equal(rendered.Text.Length, at);
    }

    /// <summary>What is printed of a content stands in that content at its offset, unless it was escaped or its case changed.</summary>
    private static void AssertOrigins(RenderedText rendered, IList<string> contents)
    {
        foreach (RenderedSpan span in rendered.Spans)
        {
            if (span.Origin.Field != MessageField.Content)
            {
                continue;
            }

            Assert.Equal(span.Context, span.Origin.MessageIndex);
            Assert.InRange(span.OriginOffset, 0, contents[span.Origin.MessageIndex].Length);
        }
    }

    private static RenderInput Input(IEnumerable<string> contents) =>
        new(
            JsonText.ToView(contents.Select((content, i) => new { role = i % 2 == 0 ? "user" : "assistant", content }))
        );
}
