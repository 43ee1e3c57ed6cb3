using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Tests.Rows;

/// <summary>Answers that a template does not render: refused, or left out of the loss, never learned.</summary>
public class UnrenderedAnswerTests
{
    private const string Ask = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    // Knows neither tools nor reasoning.
    private const string TextOnly =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}" + Ask;

    // Prints a content only where it is a text.
    private const string Strings =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content if m.content is string }}<|im_end|>\n{% endfor %}"
        + Ask;

    // As Phi-3's: only the turns that it knows.
    private const string Branches =
        "{% for m in messages %}{% if m.role == 'user' %}<|im_start|>user\n{{ m.content }}<|im_end|>\n"
        + "{% elif m.content %}<|im_start|>assistant\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
        + Ask;

    private const string WithCalls =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
        + "{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}<|im_end|>\n{% endfor %}"
        + Ask;

    private const string Call = "'tool_calls':[{'type':'function','function':{'name':'f','arguments':{'a':1}}}]";

    private static readonly Tokenizer _tokenizer = Tokenizer.Load(
        Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model")
    );

    [Theory]
    [InlineData(TextOnly, "'content':null," + Call, "calls-not-rendered")]
    [InlineData(TextOnly, "'content':''," + Call, "calls-not-rendered")]
    [InlineData(TextOnly, Call, "calls-not-rendered")]
    [InlineData(TextOnly, "'content':' \\n'," + Call, "calls-not-rendered")]
    [InlineData(TextOnly, "'content':'','reasoning_content':'hm'", "reasoning-not-rendered")]
    [InlineData(Strings, "'content':null," + Call, "calls-not-rendered")]
    [InlineData(Strings, "'content':[{'type':'text','text':'hi'}]", "content-not-rendered")]
    [InlineData(TextOnly, "'content':[{'type':'text','text':'hi'}]", "parts-stringified")]
    [InlineData(Branches, "'content':''," + Call, "calls-not-rendered")]
    [InlineData(Branches, "'content':null," + Call, "calls-not-rendered")]
    public void Build_AnswerThatIsNotRendered_IsRefusedOrLeftOut(string template, string answer, string code)
    {
        string json = $$"""
            {"messages":[{"role":"user","content":"q"},{"role":"assistant",{{answer}} },
             {"role":"user","content":"r"},{"role":"assistant","content":"done"}]}
            """;

        json = json.Replace('\'', '"');
        RowOutcome refused = Build(json, template, new RowOptions());
        Assert.Empty(refused.Rows);
        Assert.Equal([(code, 1)], refused.Findings.Select(finding => (finding.Code, finding.Message)));

        foreach (bool expand in (bool[])[false, true])
        {
            RowOptions drop = new() { DropUnrenderedAnswers = true, ExpandTurns = expand };
            RowOutcome kept = Build(json, template, drop);
            Assert.False(kept.IsRefused);
            TokenRow row = kept.Rows.Single().Row;
            Assert.Equal("done<|im_end|>", Text(row));
        }

        RowOutcome once = Build(json, template, new RowOptions { DropUnrenderedAnswers = true });
        Assert.Equal(1, once.Counts.Effects["answer-unrendered"].Messages);
    }

    [Theory]
    [InlineData(TextOnly, "'content':'words'," + Call)]
    [InlineData(TextOnly, "'content':''")]
    [InlineData(WithCalls, "'content':''," + Call)]
    [InlineData(WithCalls, "'content':null," + Call)]
    public void Build_AnswerThatIsRenderedOrEmpty_IsLearned(string template, string answer)
    {
        string json = $$"""{"messages":[{"role":"user","content":"q"},{"role":"assistant",{{answer}} }]}""".Replace(
            '\'',
            '"'
        );

        RowOutcome outcome = Build(json, template, new RowOptions());

        Assert.False(outcome.IsRefused, string.Join("; ", outcome.Findings));
        Assert.Single(outcome.Rows);
    }

    [Theory]
    [InlineData("{'function':{'arguments':{'a':1}}}")]
    [InlineData("{'function':{'name':'','arguments':'f(1)'}}")]
    [InlineData("{'function':{'name':null,'arguments':{}}},{'function':{'name':'f','arguments':{}}}")]
    public void Build_CallWithoutAName_IsRefused(string calls)
    {
        string json = $$"""
            {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{{calls}}]}]}
            """;

        RowOutcome outcome = Build(json.Replace('\'', '"'), WithCalls, new RowOptions());

        Assert.Empty(outcome.Rows);
        Assert.Equal([("call-without-name", 1)], outcome.Findings.Select(finding => (finding.Code, finding.Message)));
    }

    [Theory]
    [InlineData("'content':''", 1)]
    [InlineData("'content':'  '", 1)]
    [InlineData("'content':'','weight':0", 0)]
    [InlineData("'content':'a'", 0)]
    public void Build_AnswerThatSaysNothing_IsCounted(string answer, int counted)
    {
        string json = $$"""
            {"messages":[{"role":"user","content":"q"},{"role":"assistant",{{answer}} },
             {"role":"user","content":"r"},{"role":"assistant","content":"done"}]}
            """;

        RowOutcome outcome = Build(json.Replace('\'', '"'), TextOnly, new RowOptions());

        Assert.Single(outcome.Rows);
        Assert.Equal(counted, outcome.Counts.Effects.GetValueOrDefault("answer-empty")?.Messages ?? 0);
    }

    [Fact]
    public void Build_NothingRendered_GivesNoRowAndCountsTheConversation()
    {
        const string json =
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}""";

        RowOutcome outcome = Build(json, TextOnly, new RowOptions { DropUnrenderedAnswers = true });

        Assert.Empty(outcome.Rows);
        Assert.False(outcome.IsRefused);
        Assert.Equal(1, outcome.Counts.Losses["unrendered"].Conversations);
    }

    [Fact]
    public void Build_StopTokenInPieces_IsRefused()
    {
        const string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|stop|>{% endfor %}" + Ask;
        const string json = """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""";

        RowOutcome outcome = Build(json, template, new RowOptions(), stop: "<|stop|>");

        Assert.Empty(outcome.Rows);
        Assert.Equal("stop-not-one-token", outcome.Findings.Single().Code);
        Assert.Contains("<|stop|>", outcome.Findings[0].Text);
    }

    [Fact]
    public void Build_StopOnlyBehindTheLastAnswer_NamesExpandTurns()
    {
        const string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% if loop.last %}<|im_end|>{% endif %}{% endfor %}"
            + Ask;
        const string json =
            """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"r"},{"role":"assistant","content":"b"}]}""";

        RowFinding finding = Build(json, template, new RowOptions()).Findings.Single();

        Assert.Equal(("no-stop", 1), (finding.Code, finding.Message));
        Assert.Contains("--expand-turns", finding.Text);
        Assert.DoesNotContain("--eot", finding.Text);
        Assert.Equal(2, Build(json, template, new RowOptions { ExpandTurns = true }).Rows.Count);
    }

    [Theory]
    [InlineData("false", "answer<|im_end|>", "prefix-in-prompt")]
    [InlineData("true", "<think>\n\n</think>\n\nanswer<|im_end|>", "prefix-supervised")]
    public void Build_BlockThatTheTemplatePutsBeforeAnswers_FollowsThePromptAndIsNamed(
        string thinking,
        string supervised,
        string code
    )
    {
        const string template =
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
            + "{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
            + "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}{% endif %}";
        string json = $$"""
            {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"answer"}],"kwargs":{"enable_thinking":{{thinking}} } }
            """;

        RowOutcome outcome = Build(json, template, new RowOptions());

        Assert.Equal(supervised, Text(outcome.Rows.Single().Row));
        Assert.Equal([(code, 1L)], outcome.Counts.Effects.Select(effect => (effect.Key, effect.Value.Messages)));
    }

    private static RowOutcome Build(string json, string template, RowOptions options, string stop = "<|im_end|>")
    {
        ChatModel chat = new() { Template = ChatTemplate.Parse(template), StopTokens = [stop] };
        Conversation conversation = Conversation.FromJson(JsonView.Parse(json), "chat.jsonl", 1);
        return new RowBuilder(new RowModel(chat, _tokenizer, options), options).Build(conversation);
    }

    private static string Text(TokenRow row) =>
        _tokenizer.Decode([.. row.Labels.Where(label => label != TokenRow.Unsupervised)], skipSpecialTokens: false);
}
