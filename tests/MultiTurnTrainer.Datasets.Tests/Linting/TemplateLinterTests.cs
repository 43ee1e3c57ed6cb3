using MultiTurnTrainer.Datasets.Linting;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Tests.Linting;

public class TemplateLinterTests
{
    private const string ChatMl =
        "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    [Fact]
    public void Lint_ChatMl_KeepsTextAndDropsTheRest()
    {
        TemplateReport report = Lint(ChatMl);
        Assert.Equal("<|im_end|>", report.Stop);
        Assert.Equal("<|im_start|>assistant\n", report.GenerationPrompt);
        Assert.True(report.IsPrefixStable);
        Assert.Equal(
            ["tools-dropped", "tool-calls-dropped", "reasoning-dropped", "earlier-reasoning-dropped"],
            report.Effects.Select(h => h.Code)
        );
        Assert.Equal([("parts", "type")], report.Refused);
    }

    [Fact]
    public void Lint_TrimmedAnswers_AreReported() =>
        Assert.Contains(
            "answers-trimmed",
            Codes(ChatMl.Replace("m.content", "(m.content | trim)", StringComparison.Ordinal))
        );

    [Fact]
    public void Lint_PersonaAndDate_AreReported()
    {
        string[] codes = Codes("You are a helpful assistant. {{ strftime_now('%Y') }}\n" + ChatMl);
        Assert.Contains("text-injected", codes);
        Assert.Contains("date-injected", codes);
    }

    [Fact]
    public void Lint_WordsBehindTheConversation_AreReported() =>
        Assert.Contains(
            "tail-supervised",
            Codes(
                "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% if not loop.last %}<|im_end|>\n{% endif %}"
                    + "{% endfor %}\nSay whether that was safe.<|im_end|>"
            )
        );

    [Fact]
    public void Lint_RewrittenHistory_NeedsExpandTurns()
    {
        TemplateReport report = Lint(
            ChatMl.Replace(
                "m.content +",
                "(m.content if loop.last else m.content.split('</think>')[-1]) +",
                StringComparison.Ordinal
            )
        );
        Assert.Equal(["inline-think"], report.UnstableIn);
        Assert.True(report.NeedsExpandTurns);
        Assert.Contains("earlier-think-dropped", report.Effects.Select(h => h.Code));
    }

    [Fact]
    public void Lint_HeaderAsStop_IsFound()
    {
        TemplateReport report = Lint(
            "{% for m in messages %}{{ '<|user|>' if m.role == 'user' else '<|assistant|>' }}{{ m.content }}{% endfor %}"
                + "{% if add_generation_prompt %}<|assistant|>{% endif %}"
        );
        Assert.Equal("<|user|>", report.Stop);
        Assert.True(report.StopIsNextHeader);
    }

    [Fact]
    public void Lint_NoMarker_SaysSo() =>
        Assert.Contains("no-stop", Codes("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"));

    private static string[] Codes(string template) => [.. Lint(template).Effects.Select(h => h.Code)];

    private static TemplateReport Lint(string template) =>
        TemplateLinter.Lint("test", new ChatModel { Template = ChatTemplate.Parse(template) }, []);
}
