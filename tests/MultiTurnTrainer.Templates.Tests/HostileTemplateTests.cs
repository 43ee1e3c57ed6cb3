using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Templates;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Templates made to hang, crash or fill the memory end with an error that names a place.</summary>
public class HostileTemplateTests
{
    public static TheoryData<string> Templates =>
        [
            "{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}",
            "{% for i in range(100000) %}{% for j in range(100000) %}{% set x = j %}{% endfor %}{% endfor %}",
            "{{ 'x' * 10 ** 12 }}",
            "{% set ns = namespace(x='xx') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
            "{{ 10 ** 100000000 }}",
            "{% set ns = namespace(x=10) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
            "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
            "{% macro f(x) %}{{ f(x) ~ f(x) }}{% endmacro %}{{ f(1) }}",
            "{% for x in [[1]] recursive %}{{ loop([[1]]) }}{% endfor %}",
            "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x|tojson }}",
            "{{ range(10 ** 30) }}",
            "{{ '%999999999d' % 1 }}",
            "{{ '{:999999999}'.format(1) }}",
            "{{ 'a'.center(10 ** 12) }}",
            "{{ [1] | batch(1) | slice(10 ** 9) | list }}",
            "{{ [1] | batch(10 ** 9, 1) | list }}",
            "{% block a %}{{ self.a() }}{% endblock %}",
            "{{ [1, 2] | map('center', 10 ** 9) | join }}",
        ];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Render_Hostile_EndsWithAnError(string source)
    {
        TemplateException problem = Assert.Throws<TemplateException>(() => Render(source));
        Assert.Equal(TemplateErrorKind.Type, problem.Kind);
        Assert.True(problem.Line > 0, problem.Message);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("{'a':", "}")]
    [InlineData("not ", "")]
    [InlineData("-", "")]
    [InlineData("1 if 1 else ", "")]
    [InlineData("f(", ")")]
    public void Parse_DeepNesting_EndsWithAnError(string open, string close)
    {
        string source = "{{ " + Repeat(open, 100_000) + "1" + Repeat(close, 100_000) + " }}";
        Assert.Equal(TemplateErrorKind.Syntax, Assert.Throws<TemplateException>(() => ChatTemplate.Parse(source)).Kind);
    }

    [Theory]
    [InlineData("{{ 1", " + 1", " }}")]
    [InlineData("{{ a", ".b", " }}")]
    [InlineData("{{ a", "|string", " }}")]
    [InlineData("{{ a", "()", " }}")]
    [InlineData("{{ 1", " and 1", " }}")]
    [InlineData("{{ 1", " if 1", " }}")]
    [InlineData("", "{% if 1 %}", "")]
    [InlineData("{% if 0 %}", "{% elif 0 %}", "{% endif %}")]
    public void Parse_LongChains_NeverCrash(string open, string part, string close)
    {
        try
        {
            Render(open + Repeat(part, 100_000) + close);
        }
        catch (TemplateException problem)
        {
            Assert.True(problem.Line > 0);
        }
    }

    [Fact]
    public void Parse_MutatedTemplates_NeverCrash()
    {
        string[] seeds =
        [
            "{% for m in messages %}{{ m.role ~ '\\n' }}{% if loop.last and not x %}a{% elif y %}b{% else %}c{% endif %}{% endfor %}",
            "{% macro f(a, b=1) -%} {{ a[1:2]|join(', ') }} {%- endmacro %}{{ f('x', b={'k': [1, 2.5e3]}) }}{# c #}{% raw %}{{{% endraw %}",
        ];
        Random random = new(12345);
        for (int i = 0; i < 6_000; i++)
        {
            StringBuilder text = new(seeds[i % seeds.Length]);
            for (int edits = random.Next(1, 6); edits > 0; edits--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text.Remove(at, Math.Min(random.Next(1, 5), text.Length - at));
                        break;
                    case 1:
                        text.Insert(at, "{%}#'\"([|.:-+~é\\ is not in for if"[random.Next(33)]);
                        break;
                    default:
                        text[at] = (char)random.Next(32, 127);
                        break;
                }

                if (text.Length == 0)
                {
                    text.Append('x');
                }
            }

            try
            {
                Render(text.ToString());
            }
            catch (TemplateException problem)
            {
                Assert.True(problem.Line > 0 && problem.Column > 0, $"{text}: {problem.Message} has no place");
            }
        }
    }

    [Theory]
    [InlineData("ab\n {{ 1 + }}", 2, 9)]
    [InlineData("{% if x %}\n\n{% endfor %}", 3, 4)]
    [InlineData("a\n  {{ messages | nosuch }}", 2, 17)]
    [InlineData("a\nb{{ missing.x }}", 2, 12)]
    [InlineData("a\n{{ messages.append(1) }}", 2, 19)]
    [InlineData("a\n\n   {{ raise_exception('no') }}", 3, 22)]
    public void Errors_NameLineAndColumn(string source, int line, int column)
    {
        TemplateException problem = Assert.Throws<TemplateException>(() => Render(source));
        Assert.Equal((line, column), (problem.Line, problem.Column));
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static string Render(string source) =>
        ChatTemplate
            .Parse(source)
            .RenderText(
                new RenderInput(
                    JsonView.Parse("""[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]""")
                )
            );
}
