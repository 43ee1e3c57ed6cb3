using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Templates.Tests;

/// <summary>Whatever does the work, a render ends: refused by its place, before it took the machine's memory.</summary>
public class RenderBudgetTests
{
    private const string Mega = "{% set x = 'x' * 1000000 %}";
    private const string Kilo = "{% set x = 'x' * 1000 %}";
    private const string Long = "{% for i in range(100000) %}";
    private const string End = "{% endfor %}";

    // A list that holds the one before it twice: small in memory, without end when it is walked.
    private const string Shared =
        "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}";

    private const string SharedTuple =
        "{% set ns = namespace(x=(1,), y=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% set ns.y = (ns.y, ns.y) %}{% endfor %}";

    private const string Doubled =
        "{% set ns = namespace(x='a') %}{% for i in range(27) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}";

    private const string Items = "{% set xs = range(100000)|list %}";

    public static TheoryData<string> Hostile =>
        [
            // Loops and calls.
            Long + Long + "a" + End + End,
            Long + Long + "{% set x = j %}" + End + End,
            Long + Long + "{% if a and b or c %}{% endif %}" + End + End,
            "{% macro f(a) %}{{ a }}{% endmacro %}" + Long + Long + "{{ f(i) }}" + End + End,
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
            "{% macro f(n) %}{% if n %}{{ caller() }}{% endif %}{% endmacro %}"
                + Long
                + Long
                + "{% call f(1) %}a{% endcall %}"
                + End
                + End,
            "{% for x in [[1, 1]] recursive %}{{ loop([[1, 1], [1, 1]]) }}{% endfor %}",
            Long + Long + "{% for k in [1] if k %}{% endfor %}" + End + End,
            "{% block a %}{{ self.a() }}{% endblock %}",
            Long + Long + "{% filter upper %}a{% endfilter %}" + End + End,
            Long + "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 1500)) + " }}" + End,
            Long + "{{ 1" + string.Concat(Enumerable.Repeat(" ~ 1", 1500)) + " }}" + End,
            Long + "{{ 0" + string.Concat(Enumerable.Repeat(" or 0", 1500)) + " }}" + End,
            Long + "{% if 0 %}" + string.Concat(Enumerable.Repeat("{% elif 0 %}", 1500)) + "{% endif %}" + End,
            Long + "{{ 1 if 0 else " + string.Concat(Enumerable.Repeat("1 if 0 else ", 100)) + "1 }}" + End,
            Long
                + "{{ 1 < 2"
                + string.Concat(Enumerable.Repeat(" < 9", 1))
                + " and [1,2,3,4,5,6,7,8,9]|length }}"
                + End,
            "{% macro f() %}"
                + string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{% set v{i} = 1 %}}"))
                + "{% endmacro %}"
                + Long
                + "{{ f() }}"
                + End,
            // Copies of texts.
            Mega + Long + "{{ x }}" + End,
            Mega
                + Long
                + "{% set y = x + x %}{% if y == x %}{% endif %}{% set z = y|length %}{% set w = y[1:] %}"
                + End,
            Mega + Long + "{% set y = x|upper %}" + End,
            Mega + Long + "{% set y = x|lower %}" + End,
            Mega + Long + "{% set y = x|title %}" + End,
            Mega + Long + "{% set y = x|capitalize %}" + End,
            Mega + Long + "{% set y = x.swapcase() %}" + End,
            Mega + Long + "{% set y = x.casefold() %}" + End,
            Mega + Long + "{% set y = (x ~ ' ')|trim %}" + End,
            Mega + Long + "{% set y = x[::-1] %}" + End,
            Mega + Long + "{% set y = x[::2] %}" + End,
            Mega + Long + "{% set y = x|reverse %}" + End,
            Mega + Long + "{% set y = x|list %}" + End,
            Mega + Long + "{% set y = x.replace('x', 'yy') %}" + End,
            Mega + Long + "{% set y = x.replace('', '-') %}" + End,
            Mega + Long + "{% set y = x.split('x') %}" + End,
            Mega + Long + "{% set y = x.rsplit('x') %}" + End,
            Mega + Long + "{% set y = x.partition('y') %}" + End,
            Mega + Long + "{% set y = x.center(2000000) %}" + End,
            Mega + Long + "{% set y = x.ljust(2000000 + i) %}" + End,
            Mega + Long + "{% set y = x.zfill(2000000) %}" + End,
            Mega + Long + "{% set y = x|escape %}" + End,
            Mega + Long + "{% set y = ('<' ~ x)|escape %}" + End,
            Mega + Long + "{% set y = x|tojson %}" + End,
            Mega + Long + "{% set y = x|pprint %}" + End,
            Mega + Long + "{% set y = x|urlencode %}" + End,
            Mega + Long + "{% set y = x|indent %}" + End,
            Mega + Long + "{% set y = x|wordcount %}" + End,
            Mega + Long + "{% set y = x|truncate(500000) %}" + End,
            Mega + Long + "{% set y = x|striptags %}" + End,
            Mega + Long + "{% set y = '%s'|format(x) %}{% set z = y ~ '' %}{% set w = z[1:] %}" + End,
            Mega + Long + "{% set y = '{}'.format(x)[1:] %}" + End,
            Mega + Long + "{% set y = [x] | string %}" + End,
            Mega + Long + "{% set y = x.isalpha() %}" + End,
            Mega + Long + "{% set y = x is lower %}" + End,
            Mega + Long + "{% set y = x.expandtabs() %}" + End,
            Mega + Long + "{% set y = x|int %}" + End,
            Mega + Long + "{% set y = x|float %}" + End,
            Mega + Long + "{% set y = x.translate({}) %}" + End,
            "{% set x = 'é' * 300000 %}" + Long + "{% set y = x|upper %}" + End,
            "{% set x = 'Σ' * 300000 %}" + Long + "{% set y = x|lower %}" + End,
            "{% set x = '😀' * 300000 %}" + Long + "{{ x[299999] }}" + End,
            "{% set x = '😀' * 300000 %}" + Long + "{% for c in x[::-1] %}{% endfor %}" + End,
            // Searching, comparing, ordering.
            "{% set x = 'a' * 1000000 %}{% set y = 'a' * 500000 ~ 'b' %}" + Long + "{{ y in x }}" + End,
            "{% set x = 'a' * 1000000 %}{% set y = 'b' ~ 'a' * 500000 %}" + Long + "{{ x.rfind(y) }}" + End,
            "{% set x = 'a' * 1000000 %}{% set y = 'a' * 500000 ~ 'b' %}" + Long + "{{ x.count(y) }}" + End,
            "{% set x = 'a' * 1000000 %}{% set y = 'a' * 30 ~ 'b' %}" + Long + "{{ x.find(y) }}" + End,
            "{% set x = 'a' * 1000000 %}{% set y = x ~ 'b' %}{% set z = x ~ 'c' %}" + Long + "{{ y == z }}" + End,
            "{% set x = 'a' * 1000000 %}{% set y = x ~ 'b' %}{% set z = x ~ 'c' %}" + Long + "{{ y < z }}" + End,
            "{% set x = 'a' * 1000000 %}{% set d = {x ~ 'b': 1} %}{% set k = x ~ 'c' %}" + Long + "{{ d[k] }}" + End,
            "{% set x = 'a' * 1000000 %}" + Long + "{{ x.startswith(x ~ 'b') }}{{ x.endswith(x) }}" + End,
            "{% set x = 'a' * 1000000 %}" + Long + "{% set y = x.strip('bcdefgh' * 1000 ~ 'a') %}" + End,
            Items + Long + "{{ -1 in xs }}" + End,
            Items + Long + "{{ xs.count(1) }}" + End,
            Items + Long + "{{ xs == xs[:] }}" + End,
            Items + Long + "{{ xs|sort|length }}" + End,
            Items + Long + "{{ xs|unique|list|length }}" + End,
            Items + Long + "{{ xs|max }}" + End,
            Items + Long + "{{ xs|sum }}" + End,
            Items + Long + "{{ xs|groupby(0)|length }}" + End,
            Items + Long + "{{ xs|map('string')|join|length }}" + End,
            Items + Long + "{{ xs|select('odd')|list|length }}" + End,
            Items + Long + "{{ xs|batch(3)|list|length }}" + End,
            Items + Long + "{{ xs|slice(3)|list|length }}" + End,
            Items + Long + "{{ xs|last }}{{ xs|reverse|list|length }}" + End,
            Items + Long + "{{ xs[1:]|length }}" + End,
            Items + Long + "{% set y = xs + xs %}" + End,
            Items + Long + "{% set y = xs * 2 %}" + End,
            Items + Long + "{% set y = dict(xs|map('string')|batch(2)) %}" + End,
            Items + Long + "{% set y = namespace(**{'a': xs}) %}{% set z = namespace(b=xs[1:]) %}" + End,
            Items + Long + "{% set y = cycler(*xs) %}" + End,
            Items + Long + "{{ range(100000) == xs }}{{ range(100000)|list|length }}" + End,
            "{% set ks = range(0, 100000)|map('string')|list %}{% set d = dict.fromkeys(ks) if 0 else dict(ks|batch(2)) %}"
                + Long
                + "{{ d|dictsort|length }}{{ d|tojson|length }}{{ d.items()|list|length }}"
                + End,
            // Hashes that collide: 4294967297 * i hashes as its halves cancel.
            "{% set ns = namespace(d={}) %}{% set xs = range(50000)|map('int')|list %}"
                + "{% for i in xs %}{% set ns.d = dict([(i * 4294967297, 1)]) %}{% endfor %}"
                + "{% set u = [] %}{% for r in range(100) %}{{ namespace(l=xs).l|map('string')|unique|list|length }}{% endfor %}",
            // What is shared.
            Shared + "{{ ns.x }}",
            Shared + "{{ ns.x|tojson }}",
            Shared + "{{ ns.x|pprint }}",
            Shared + "{{ ns.x == ns.y }}",
            Shared + "{{ ns.x < ns.y }}",
            Shared + "{{ [ns.x, ns.y]|sort|length }}",
            Shared + "{{ ns.x|string|length }}",
            Shared + "{{ '%r' % ns.x }}",
            Shared + "{{ '{!r}'.format(ns.x) }}",
            Shared + "{{ ns.y in [ns.x] }}",
            SharedTuple + "{{ {ns.x: 1} }}",
            SharedTuple + "{{ [ns.x, ns.y]|unique|list }}",
            SharedTuple + "{{ {}.get(ns.x) }}",
            Doubled + "{{ ns.x }}",
            Doubled + "{{ ns.x|upper }}",
            Doubled + "{{ ns.x == ns.x ~ '' }}",
            Doubled + "{{ ns.x|length }}",
            Doubled + "{{ ns.x[5:6] }}",
            Doubled + "{{ ns.x|replace('a', 'b') }}",
            "{% set ns = namespace(x='') %}{% for i in range(40) %}{% set ns.x = ns.x + ns.x + '' %}{% endfor %}"
                + "{% set ns.y = ns.x + 'a' %}"
                + "{% for i in range(40) %}{% set ns.y = ns.y + ns.y %}{% endfor %}{{ ns.y }}",
            // Formats and numbers.
            Long + "{{ '%1000000d' % 1 }}" + End,
            Long + "{{ '%.1000000f' % 1 }}" + End,
            Long + "{% set y = '%.1000000f' % 0.1 %}" + End,
            Long + "{% set y = '%.1000000e' % 0.1 %}" + End,
            Long + "{% set y = '%.1000000g' % 0.1 %}" + End,
            Long + "{% set y = '{:01048576,}'.format(1) %}" + End,
            Long + "{% set y = '{:1048576}'.format('a') %}" + End,
            Long + "{% set y = '{:b}'.format(2 ** 60000) %}" + End,
            Long + "{% set y = '{:x}'.format(2 ** 60000) %}" + End,
            Long + "{% set y = (7 ** 20000)|string %}" + End,
            Long + "{% set y = 7 ** 20000 %}" + End,
            "{% set n = 7 ** 11000 %}" + Long + "{% set y = n * n %}" + End,
            "{% set n = 7 ** 20000 %}{% set m = 3 ** 10000 %}" + Long + "{% set y = n // m %}" + End,
            "{% set n = '9' * 4300 %}" + Long + "{% set y = n|int %}" + End,
            Long + "{% set y = '%s' * 1000 %}{% set z = y % (1,) %}" + End,
            "{% set f = '{0}' * 100000 %}" + Long + "{% set y = f.format(1) %}" + End,
            "{% set f = '%s' * 100000 %}{% set a = (range(100000)|list) %}" + Long + "{% set y = f|format(*a) %}" + End,
            "{% set f = '{' ~ '[' * 1000000 %}" + Long + "{{ f.format(1) }}" + End,
            "{% set f = '%' ~ '0' * 1000000 ~ 'd' %}" + Long + "{% set y = f % 1 %}" + End,
            // Layouts.
            "{% set x = ('ab ' * 100000) %}" + Long + "{% set y = x|wordwrap(5) %}" + End,
            Mega + "{% for i in range(100) %}{% set y = x|wordwrap(1) %}" + End,
            "{% set x = '-' * 1000000 %}{% set y = ('a' ~ x)|wordwrap(3) %}{% set z = (x ~ 'a' ~ x)|wordwrap(5) %}"
                + Long
                + "{% set y = ('a' ~ x)|wordwrap(100) %}"
                + End,
            "{% set x = '<a>' * 300000 %}{{ x|striptags }}",
            "{% set x = 'a@' ~ 'a.' * 300000 ~ '!' %}{{ x|urlize }}",
            "{% set x = '(' * 100000 ~ 'www.a.com' ~ ')' * 100000 %}{{ x|urlize }}",
            "{% set x = '\\n' * 1000000 %}{{ x|indent(1000, true, true) }}",
            "{% set x = '\\t' * 1000000 %}{{ x.expandtabs(60000) }}",
            Items + "{{ xs|tojson(indent=4000) }}",
            "{% set d = {'a': 'b' * 100000} %}" + Long + "{% set y = d|xmlattr %}" + End,
            Kilo + Long + "{% set y = x|batch(1, 'a')|list %}" + End,
            "{{ [1]|batch(9000000, 1)|list|length }}" + Long + "{{ [1]|batch(9000000, 1)|list|length }}" + End,
            Mega + Long + "{% set y = strftime_now(x) %}" + End,
            "{% set ns = namespace(x='') %}" + Long + "{% set ns.x = (ns.x ~ 'abcdefgh')|trim %}" + End,
            "{% set ns = namespace(x=[]) %}" + Long + "{% set ns.x = ns.x + [i] %}" + End,
        ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Render_Hostile_IsRefusedWithItsPlaceInBoundedMemory(string source)
    {
        ChatTemplate template = ChatTemplate.Parse(source);
        // A tenth of the usual budget: the table is long.
        RenderInput input = _input with
        {
            Budget = 0.1,
        };
        foreach (bool tracked in new[] { false, true })
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TemplateException problem = Assert.Throws<TemplateException>(() =>
            {
                if (tracked)
                {
                    template.Render(input);
                }
                else
                {
                    template.RenderText(input);
                }
            });
            long made = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(problem is { Line: > 0, Column: > 0 }, problem.Message);
            Assert.True(made < 60 << 20, $"{made >> 20} MB were made");
        }
    }

    private static readonly RenderInput _input = new(
        JsonView.Parse("""[{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]""")
    )
    {
        Now = DateTimeOffset.UnixEpoch,
    };

    [Fact]
    public void Render_LargerBudget_RendersWhatTheUsualOneRefuses()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% for i in range(2000) %}{% for j in range(2000) %}{% endfor %}{% endfor %}done"
        );
        Assert.True(Assert.Throws<TemplateException>(() => template.RenderText(_input)).IsOverBudget);
        Assert.Equal("done", template.RenderText(_input with { Budget = 10 }));
        Assert.Equal("done", template.RenderText(_input with { Budget = double.MaxValue }));
    }

    [Fact]
    public void Render_LongConversation_HasABudgetOfItsSize()
    {
        string content = new('é', 8_000_000);
        JsonView messages = JsonText.ToView(new[] { new { role = "user", content } });
        ChatTemplate template = ChatTemplate.Parse(
            "{% for m in messages %}{{ '<' ~ m.role ~ '>' }}{{ m.content|trim }}{% endfor %}"
        );
        Assert.Equal("<user>" + content, template.RenderText(new RenderInput(messages)));
    }

    [Fact]
    public void Render_AfterARefusal_HasItsWholeBudgetAgain()
    {
        ChatTemplate hostile = ChatTemplate.Parse(Doubled + "{{ ns.x }}");
        ChatTemplate plain = ChatTemplate.Parse("{% for i in range(20000) %}{{ i }}{% endfor %}");
        string text = plain.RenderText(_input);
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<TemplateException>(() => hostile.RenderText(_input));
            Assert.Equal(text, plain.RenderText(_input));
        }
    }

    [Theory]
    [InlineData("{{ 'aXbXc'.rfind('Xb') }}{{ 'aaa'.rfind('') }}{{ 'aba'.rsplit('b') }}", "13['a', 'a']")]
    [InlineData("{{ ('ab' * 50 ~ 'c' ~ 'ab' * 50).find('ab' * 30 ~ 'c') }}", "40")]
    [InlineData("{{ ('ab' * 50 ~ 'c' ~ 'ab' * 50).rfind('ab' * 30) }}", "141")]
    [InlineData("{{ ('ab' * 50).rfind('ab' * 50) }}{{ ('ab' * 50).rfind('ab' * 51) }}", "0-1")]
    [InlineData("{{ ('-' * 40 ~ 'x' ~ '-' * 40).split('-' * 40) }}", "['', 'x', '']")]
    [InlineData("{{ '%.1500f' % 0.1 == '%.1100f' % 0.1 ~ '0' * 400 }}", "True")]
    [InlineData("{{ ('%.1000e' % 0.1)[-5:] }}{{ ('%.1200g' % 0.1)|length }}", "0e-0157")]
    [InlineData("{{ '{:015,}'.format(1234567) }}{{ '{:b}'.format(10) }}", "000,001,234,5671010")]
    public void Render_LinearAlgorithms_GivePythonsResults(string source, string expected) =>
        Assert.Equal(expected, ChatTemplate.Parse(source).RenderText(_input));
}
