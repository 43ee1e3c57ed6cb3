using System.Text.Json;
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Datasets.Tests.Masking;

/// <summary>The rule on small templates of our own, one effect each.</summary>
public class MaskRuleTests
{
    private const string Loop = "{% for m in messages %}";
    private const string End = "{% endfor %}";
    private const string Ask = "{% if add_generation_prompt %}<a>{% endif %}";

    [Fact]
    public void Apply_PlainTurns_LearnsWordsAndStop() =>
        Assert.Equal(
            ["one<e>", "two<e>"],
            Supervised(Loop + "<{{ m.role[0] }}>{{ m.content }}<e>\n" + End + Ask, Turns("q", "one", "r", "two"))
        );

    [Fact]
    public void Apply_StopWordInTheAnswer_IsNoStop() =>
        Assert.Equal(
            ["one <e> more<e>"],
            Supervised(Loop + "<{{ m.role[0] }}>{{ m.content }}<e>\n" + End + Ask, Turns("q", "one <e> more"))
        );

    [Fact]
    public void Apply_HeaderPrintedByTheQuestion_BelongsToThePrompt() =>
        Assert.Equal(
            ["one<e>"],
            Supervised(
                Loop + "{% if m.role == 'user' %}{{ m.content }}<a>{% else %}{{ m.content }}<e>{% endif %}" + End,
                Turns("q", "one")
            )
        );

    [Fact]
    public void Apply_StopAfterTheLoop_CountsForTheLastAnswer() =>
        Assert.Equal(
            ["two<e>"],
            Supervised(
                Loop
                    + "<{{ m.role[0] }}>{{ m.content }}"
                    + End
                    + "{% if add_generation_prompt %}<a>{% else %}<e>{% endif %}",
                Turns("q", "one", "r", "two"),
                targets: [3]
            )
        );

    [Fact]
    public void Apply_StopIsTheNextHeader_LearnsIt() =>
        Assert.Equal(
            ["one<u>"],
            Supervised(
                Loop + "{{ '<u>' if m.role == 'user' else '<a>' }}{{ m.content }}" + End + Ask,
                Turns("q", "one", "r"),
                stops: ["<u>"]
            )
        );

    [Fact]
    public void Apply_OpenedThink_IsThePromptsWhenThePromptHasIt() =>
        Assert.Equal(
            ["done</t>one<e>"],
            Supervised(
                Loop
                    + "{% if m.role == 'user' %}<u>{{ m.content }}<e>{% else %}<a><t>done</t>{{ m.content }}<e>{% endif %}"
                    + End
                    + "{% if add_generation_prompt %}<a><t>{% endif %}",
                Turns("q", "one")
            )
        );

    [Fact]
    public void Apply_PromptThatWouldCutAMarker_LeavesItToTheAnswer() =>
        Assert.Equal(
            ["<think>x</think>one<e>"],
            Supervised(
                Loop
                    + "{% if m.role == 'user' %}<u>{{ m.content }}<e>{% else %}<a><think>x</think>{{ m.content }}<e>{% endif %}"
                    + End
                    + "{% if add_generation_prompt %}<a><thought>{% endif %}",
                Turns("q", "one")
            )
        );

    [Fact]
    public void Apply_WordsOfAnotherMessage_AreNeverSupervised() =>
        Assert.Equal(
            ["one[", "]<e>"],
            Supervised(
                Loop
                    + "{% if m.role == 'user' %}<u>{{ m.content }}{% else %}<a>{{ m.content }}[{{ messages[0].content }}]<e>{% endif %}"
                    + End
                    + Ask,
                Turns("q", "one")
            )
        );

    // Llama 3's begins a text inside its loop; gpt-oss' reads the first message before it.
    [Theory]
    [InlineData(
        "{% for m in messages %}{{ '<bos>' if loop.first }}<h>{{ m.role[0] }}</h>{{ m.content }}<e>{% endfor %}"
    )]
    [InlineData(
        "{{ messages[0].role[:0] }}<bos>{% for m in messages %}<h>{{ m.role[0] }}</h>{{ m.content }}<e>{% endfor %}"
    )]
    [InlineData(
        "{% for m in messages %}{{ '<h>s</h>You are kind.<e>' if loop.first }}<h>{{ m.role[0] }}</h>{{ m.content }}<e>{% endfor %}"
    )]
    [InlineData(
        "{{ raise_exception('empty') if not messages }}{% for m in messages %}{% if loop.first %}<bos>{% endif %}<h>{{ m.role[0] }}</h>{{ m.content }}<e>{% endfor %}"
    )]
    public void Apply_AnswerThatOpens_LearnsNoHeaderAndNothingThatStandsOnce(string template)
    {
        JsonView messages = JsonText.ToView(
            new[]
            {
                new { role = "assistant", content = "hello" },
                new { role = "user", content = "q" },
                new { role = "assistant", content = "one" },
            }
        );
        template += "{% if add_generation_prompt %}<h>a</h>{% endif %}";

        Assert.Equal(["hello<e>", "one<e>"], Supervised(template, messages));
    }

    // The prompt has no blank; answers begin with one. In a loop it is the answer's, as in every later turn.
    [Theory]
    [InlineData(
        "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}<e>{% endfor %}{% if add_generation_prompt %}a:{% endif %}",
        " hi<e>"
    )]
    [InlineData(
        "{% set ns = namespace(t='') %}{% for m in messages %}{% set ns.t = ns.t ~ m.role[0] ~ ': ' ~ m.content ~ '<e>' %}{% endfor %}"
            + "{% if add_generation_prompt %}{% set ns.t = ns.t ~ 'a:' %}{% endif %}{{ ns.t }}",
        "hi<e>"
    )]
    public void Apply_AnswerThatOpensBehindABlank_LearnsItOnlyWhereItsTurnPrintsIt(string template, string expected) =>
        Assert.Equal(
            [expected],
            Supervised(template, JsonText.ToView(new[] { new { role = "assistant", content = "hi" } }))
        );

    [Fact]
    public void Apply_NoStop_IsRefused()
    {
        MaskedText masked = Apply(Loop + "<{{ m.role[0] }}>{{ m.content }}\n" + End + Ask, Turns("q", "one"));
        Assert.Equal([(1, "no-stop")], masked.Refusals.Select(r => (r.Message, r.Code)));
    }

    [Fact]
    public void Apply_AnswerNotPrinted_IsRefused()
    {
        MaskedText masked = Apply(
            Loop + "{% if m.role == 'user' %}{{ m.content }}{% endif %}" + End,
            Turns("q", "one")
        );
        Assert.Equal([(1, "no-text")], masked.Refusals.Select(r => (r.Message, r.Code)));
    }

    [Fact]
    public void Apply_GenerationBlock_IsComparedAndNotFollowed()
    {
        MaskedText masked = Apply(
            Loop
                + "{% if m.role == 'user' %}<u>{{ m.content }}<e>{% else %}{% generation %}<a>{{ m.content }}{% endgeneration %}<e>{% endif %}"
                + End
                + Ask,
            Turns("q", "one")
        );
        Assert.Equal(["one<e>"], Texts(masked, masked.Supervised));
        Assert.Equal(["<a>", "<e>"], Texts(masked, masked.GenerationDifferences));
    }

    [Fact]
    public void Apply_AnotherRole_LearnsItsWordsAndItsStop() =>
        Assert.Equal(
            ["q<e>"],
            Supervised(Loop + "<{{ m.role[0] }}>{{ m.content }}<e>\n" + End + Ask, Turns("q", "one"), targets: [0])
        );

    private static string[] Supervised(
        string template,
        JsonView messages,
        int[]? targets = null,
        string[]? stops = null
    )
    {
        MaskedText masked = Apply(template, messages, targets, stops);
        Assert.Empty(masked.Refusals);
        return Texts(masked, masked.Supervised);
    }

    private static MaskedText Apply(
        string template,
        JsonView messages,
        int[]? targets = null,
        string[]? stops = null
    ) =>
        MaskRule.Apply(
            ChatTemplate.Parse(template),
            new RenderInput(messages),
            targets ?? Answers.Of(messages),
            stops ?? ["<e>"]
        );

    private static string[] Texts(MaskedText masked, IEnumerable<(int Start, int End)> ranges) =>
        [.. ranges.Select(r => masked.Rendered.Text[r.Start..r.End])];

    private static JsonView Turns(params string[] contents) =>
        JsonText.ToView(contents.Select((content, i) => new { role = i % 2 == 0 ? "user" : "assistant", content }));
}
