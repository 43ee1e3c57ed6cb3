using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Templates of a grammar that knows every statement, operator, filter and method: a text or an error with a place.</summary>
public class TemplateFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _filters =
        "abs attr batch capitalize center count default dictsort e escape filesizeformat first float forceescape format groupby indent int items join last length list lower map max min pprint reject rejectattr replace reverse round safe select selectattr slice sort string striptags sum title tojson trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr".Split(
            ' '
        );

    private static readonly string[] _methods =
        "strip lstrip rstrip split rsplit splitlines partition rpartition startswith endswith replace removeprefix removesuffix upper lower casefold title capitalize swapcase join find rfind index rindex count center ljust rjust zfill expandtabs format format_map isalpha isdigit translate items keys values get copy append __class__".Split(
            ' '
        );

    private static readonly string[] _tests =
        "odd even defined none boolean integer float lower upper string mapping number sequence iterable callable escaped divisibleby sameas in eq ne gt ge lt le".Split(
            ' '
        );

    private static readonly string[] _atoms =
    [
        "messages",
        "messages[0]",
        "m",
        "m.content",
        "ns.x",
        "x",
        "loop",
        "loop.index",
        "loop.last",
        "range(9)",
        "range(100000)",
        "1",
        "0",
        "-1",
        "2 ** 70",
        "1e308",
        "10 ** 400",
        "'a'",
        "''",
        "'%s%%%d'",
        "'{}{0}{a!r:>{w}}'",
        "'😀é'",
        "true",
        "none",
        "[]",
        "[1, [2, ns]]",
        "{'a': 1, 'b': [ns.x]}",
        "(1,)",
        "missing",
        "namespace(x=1)",
        "joiner()",
        "cycler(1, 2)",
        "dict(a=1)",
        "strftime_now('%Y')",
        "bos_token",
        "f(1)",
        "self",
        "caller()",
    ];

    private static readonly RenderInput _input = new(
        JsonView.Parse(
            """[{"role": "user", "content": "hi <b>"}, {"role": "assistant", "content": null, "tool_calls": []}]"""
        )
    )
    {
        Now = DateTimeOffset.UnixEpoch,
        BosToken = "<s>",
        Budget = 0.05,
    };

    [Fact]
    public void Render_TemplatesOfTheGrammar_GiveATextOrAPlace() =>
        Fuzz.Run(
            "templates",
            4000,
            random => Encoding.UTF8.GetBytes(Body(random, 4)),
            source =>
            {
                try
                {
                    ChatTemplate template = ChatTemplate.Parse(Encoding.UTF8.GetString(source));
                    string text = template.RenderText(_input);
                    Assert.Equal(text, template.Render(_input).Text);
                }
                catch (TemplateException problem)
                {
                    Assert.True(problem is { Line: > 0, Column: > 0 }, problem.Message);
                }
            },
            output.WriteLine
        );

    private static string Body(Random random, int depth)
    {
        StringBuilder text = new();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            string e = Expression(random, depth);
            string inner = depth > 0 ? Body(random, depth - 2) : "t";
            text.Append(
                random.Next(14) switch
                {
                    0 => $"{{% for m in {e} %}}{inner}{{% endfor %}}",
                    1 =>
                        $"{{% for m in {e} if {Expression(random, 1)} recursive %}}{inner}{{{{ loop({Expression(random, 1)}) }}}}{{% else %}}e{{% endfor %}}",
                    2 => $"{{% if {e} %}}{inner}{{% elif {Expression(random, 1)} %}}b{{% else %}}c{{% endif %}}",
                    3 => $"{{% set x = {e} %}}",
                    4 =>
                        $"{{% set ns = namespace(x={e}) %}}{{% for i in range(20) %}}{{% set ns.x = [ns.x, {Expression(random, 1)}] %}}{{% endfor %}}{{{{ ns.x }}}}",
                    5 => $"{{% macro f(a, b={Expression(random, 1)}) %}}{inner}{{% endmacro %}}{{{{ f({e}) }}}}",
                    6 => $"{{% call f({e}) %}}{inner}{{% endcall %}}",
                    7 => $"{{% filter {_filters[random.Next(_filters.Length)]} %}}{inner}{{% endfilter %}}",
                    8 => $"{{% with x = {e} %}}{inner}{{% endwith %}}",
                    9 => $"{{% generation %}}{inner}{{% endgeneration %}}",
                    10 => $"{{% set x %}}{inner}{{% endset %}}",
                    _ => $"{{{{ {e} }}}}",
                }
            );
        }

        return text.ToString();
    }

    private static string Expression(Random random, int depth)
    {
        if (depth <= 0)
        {
            return _atoms[random.Next(_atoms.Length)];
        }

        string a = Expression(random, depth - random.Next(1, 3));
        string b = Expression(random, depth - random.Next(1, 4));
        return random.Next(13) switch
        {
            0 => $"({a} {new[] { "+", "-", "*", "/", "//", "%", "**", "~" }[random.Next(8)]} {b})",
            1 => $"({a} {new[] { "==", "!=", "<", ">=", "in", "not in", "and", "or" }[random.Next(8)]} {b})",
            2 or 3 => $"({a}|{_filters[random.Next(_filters.Length)]})",
            4 => $"({a}|{_filters[random.Next(_filters.Length)]}({b}))",
            5 => $"({a}|map('{_filters[random.Next(_filters.Length)]}', {b})|list)",
            6 => $"({a}).{_methods[random.Next(_methods.Length)]}({b})",
            7 => $"({a}).{_methods[random.Next(_methods.Length)]}({b}, {Expression(random, 1)})",
            8 => $"({a} is {_tests[random.Next(_tests.Length)]})",
            9 => $"({a})[{b}]",
            10 => $"({a})[{b}:{Expression(random, 0)}:{Expression(random, 0)}]",
            11 => $"({a} if {b} else {Expression(random, 1)})",
            _ => $"[{a}, {{'k': {b}}}]",
        };
    }
}
