using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Gives every name of a template its place, scope by scope, as jinja2's compiler does.</summary>
internal sealed class Binder
{
    private const string Prompt = "add_generation_prompt";
    private readonly ParsedTemplate _template;

    private Binder(ParsedTemplate template)
    {
        _template = template;
    }

    /// <summary>Binds a template.</summary>
    /// <exception cref="TemplateException">What jinja2 finds only when it compiles: an unknown filter, a misplaced break.</exception>
    public static ParsedTemplate Bind(Statement[] body)
    {
        ParsedTemplate template = new(body);
        new Binder(template).BindTemplate();
        return template;
    }

    private void BindTemplate()
    {
        foreach (Block block in Shape.All(_template.Body).OfType<Block>())
        {
            if (!_template.Blocks.TryAdd(block.Id, block))
            {
                throw block.Place.Error($"block '{block.Id}' defined twice");
            }
        }

        FunctionScope function = new(null);
        Symbols symbols = new(null, function);
        if (Analysis.Undeclared(_template.Body, "self").Count > 0)
        {
            _template.Self = symbols.Declare("self");
        }

        Analysis.Visit(_template.Body, symbols);
        _template.Scope = function;
        _template.Frame = symbols.Entry();
        Bind(_template.Body, symbols, new Surroundings(TopLevel: true));
        foreach (Block block in _template.Blocks.Values)
        {
            BindBlock(block);
        }
    }

    private void BindBlock(Block block)
    {
        FunctionScope function = new(null);
        Symbols symbols = new(null, function);
        HashSet<string> special = Analysis.Undeclared(block.Body, "self", "super");
        block.Self = special.Contains("self") ? symbols.Declare("self") : null;
        block.Super = special.Contains("super") ? symbols.Declare("super") : null;
        Analysis.Visit(block.Body, symbols);
        block.Scope = function;
        block.Frame = symbols.Entry();
        Bind(block.Body, symbols, default);
    }

    private void Bind(Statement[] body, Symbols symbols, Surroundings around)
    {
        foreach (Statement statement in body)
        {
            Bind(statement, symbols, around);
        }
    }

    private void Bind(Statement statement, Symbols symbols, Surroundings around)
    {
        switch (statement)
        {
            case Print print:
                print.Escapes = around.Escapes;
                print.TestsPrompt = Analysis.Mentions(print.Expression, Prompt);
                Bind(print.Expression, symbols, around.Soft);
                break;
            case If branch:
                BindIf(branch, symbols, around with { Soft = true });
                break;
            case Set set:
                Bind(set.Value, symbols, around.Soft);
                Bind(set.Target, symbols, around.Soft);
                set.Export = Exports(around);
                break;
            case SetBlock set:
                BindSetBlock(set, symbols, around);
                break;
            case For loop:
                BindFor(loop, symbols, around);
                break;
            case With with:
                BindWith(with, symbols, around);
                break;
            case FilterBlock filter:
                BindFilter(filter, symbols, around);
                break;
            case AutoEscape escape:
                BindAutoEscape(escape, symbols, around);
                break;
            case Macro macro:
                BindMacro(macro.Body, symbols, around);
                macro.Target.Slot = symbols.SlotOf(macro.Target.Id);
                macro.Export = Exports(around);
                break;
            case CallBlock call:
                BindMacro(call.Body, symbols, around);
                Bind(call.Call, symbols, around.Soft);
                break;
            case Generation generation:
                BindMacro(generation.Body, symbols, around);
                break;
            case Block { Scoped: true } block:
                block.Locals = [.. symbols.Assigned().Select(n => KeyValuePair.Create(n, symbols.SlotOf(n)))];
                break;
            case Load load:
                Bind(load.Template, symbols, around.Soft);
                break;
            case Jump when !around.Loop:
                throw statement.Place.Error("'break' or 'continue' outside loop");
        }
    }

    private void BindFilter(FilterBlock filter, Symbols symbols, Surroundings around)
    {
        Symbols inside = Inner(symbols, filter.Body, null);
        filter.Frame = inside.Entry();
        Bind(filter.Body, inside, around.Inner());
        Bind(filter.Filter, inside, around.Soft);
    }

    // The option is read inside the new scope.
    private void BindAutoEscape(AutoEscape escape, Symbols symbols, Surroundings around)
    {
        Symbols scope = new(symbols, symbols.Function);
        Analysis.Visit(escape.On, scope);
        Analysis.Visit(escape.Body, scope);
        escape.Frame = scope.Entry();
        Bind(escape.On, scope, around.Soft);
        bool? escapes = escape.On is Constant { Value: var on } ? on.Truthy : null;
        Surroundings inner = around.Inner() with { Volatile = escapes is null, Escaping = escapes == true };
        Bind(escape.Body, scope, inner);
    }

    private void BindIf(If statement, Symbols symbols, Surroundings around)
    {
        foreach ((Expression test, Statement[] body) in statement.Branches)
        {
            statement.TestsPrompt |= Analysis.Mentions(test, Prompt);
            Bind(test, symbols, soft: true);
            Bind(body, symbols, around);
        }

        Bind(statement.Otherwise, symbols, around);
    }

    private void BindSetBlock(SetBlock set, Symbols symbols, Surroundings around)
    {
        Symbols inside = Inner(symbols, set.Body, null);
        set.Frame = inside.Entry();
        Bind(set.Body, inside, around.Inner());
        Bind(set.Target, symbols, around.Soft);
        if (set.Filter is not null)
        {
            // jinja2 does not look into the filter when it collects names, so that a name there must be known already.
            Analysis.Visit(set.Filter, inside);
            set.Frame = inside.Entry();
            Bind(set.Filter, inside, around.Soft);
        }

        set.Export = Exports(around);
    }

    private void BindWith(With with, Symbols symbols, Surroundings around)
    {
        Symbols inside = new(symbols, symbols.Function);
        foreach (Expression target in with.Targets)
        {
            Analysis.VisitTarget(target, inside, asParameter: true);
        }

        Analysis.Visit(with.Body, inside);
        with.Frame = inside.Entry();
        for (int i = 0; i < with.Targets.Length; i++)
        {
            Bind(with.Targets[i], inside, around.Soft);
            Bind(with.Values[i], symbols, around.Soft);
        }

        Bind(with.Body, inside, around.Inner());
    }

    private void BindFor(For loop, Symbols symbols, Surroundings around)
    {
        bool extended =
            loop.Recursive
            || Analysis.Undeclared(loop.Body, "loop").Count > 0
            || Shape.All(loop.Body).OfType<Block>().Any(b => b.Scoped);
        Name? bad = Shape
            .All([loop])
            .SelectMany(Shape.Expressions)
            .Where(e => e.Stored)
            .SelectMany(e => Targets.Names(e.Expression))
            .FirstOrDefault(n => n.Id == "loop");
        if (bad is not null)
        {
            throw bad.Place.Error("Can't assign to special loop variable in for-loop target");
        }

        FunctionScope function = loop.Recursive ? new FunctionScope(symbols.Function) : symbols.Function;
        Symbols inside = new(symbols, function);
        loop.LoopSlot = extended ? inside.Declare("loop") : null;
        Analysis.VisitTarget(loop.Target, inside, asParameter: true);
        Analysis.Visit(loop.Body, inside);
        Bind(loop.Target, inside, around.Soft);
        loop.Scope = function;
        loop.Frame = inside.Entry();
        Symbols otherwise = new(symbols, function);
        Analysis.Visit(loop.Otherwise, otherwise);
        loop.ElseFrame = otherwise.Entry();
        if (loop.Test is not null)
        {
            BindTest(loop, symbols, around);
        }

        Bind(loop.Items, symbols, around.Soft);
        Bind(loop.Body, inside, around.Inner() with { Loop = true });
        Bind(loop.Otherwise, otherwise, around.Inner() with { Loop = around.Loop && !loop.Recursive });
    }

    private void BindTest(For loop, Symbols symbols, Surroundings around)
    {
        FunctionScope function = new(loop.Recursive ? loop.Scope : symbols.Function);
        Symbols test = new(symbols, function);
        Expression target = Copy(loop.Target);
        Analysis.VisitTarget(target, test, asParameter: true);
        Analysis.Visit(loop.Test, test);
        loop.TestScope = function;
        loop.TestFrame = test.Entry();
        loop.TestTarget = target;
        Bind(target, test, around.Soft);
        Bind(loop.Test!, test, around.Soft);
    }

    private static Expression Copy(Expression target) =>
        target switch
        {
            Name name => new Name(name.Id, name.Place),
            Sequence tuple => new Sequence([.. tuple.Items.Select(Copy)], tuple.IsTuple, tuple.Place),
            _ => target,
        };

    private void BindMacro(MacroBody macro, Symbols symbols, Surroundings around)
    {
        FunctionScope function = new(symbols.Function);
        Symbols inside = new(symbols, function);
        HashSet<string> special = Analysis.Undeclared(macro.Body, "caller", "kwargs", "varargs");
        foreach (Name parameter in macro.Parameters)
        {
            parameter.Slot = inside.Declare(parameter.Id);
        }

        foreach (Expression value in macro.Defaults)
        {
            Analysis.Visit(value, inside);
        }

        int callerAt = Array.FindIndex(macro.Parameters, p => p.Id == "caller");
        if (special.Contains("caller"))
        {
            if (callerAt < 0)
            {
                macro.Caller = inside.Declare("caller");
            }
            else if (callerAt < macro.Parameters.Length - macro.Defaults.Length)
            {
                throw macro.Place.Error(
                    "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default."
                );
            }
        }

        macro.Named = Special("kwargs");
        macro.Rest = Special("varargs");
        Analysis.Visit(macro.Body, inside);
        macro.Scope = function;
        macro.Frame = inside.Entry();
        foreach (Expression value in macro.Defaults)
        {
            Bind(value, inside, soft: false);
        }

        Bind(macro.Body, inside, around.Inner() with { Loop = false });

        Slot? Special(string name) =>
            special.Contains(name) && !macro.Parameters.Any(p => p.Id == name) ? inside.Declare(name) : null;
    }

    private static void Bind(Expression expression, Symbols symbols, bool soft)
    {
        switch (expression)
        {
            case Name name:
                name.Slot = symbols.SlotOf(name.Id);
                return;
            case FilterCall { IsKnown: false } filter when !soft:
                throw filter.Place.Error($"No filter named '{filter.Name}'.");
            case TestCall { IsKnown: false } test when !soft:
                throw test.Place.Error($"No test named '{test.Name}'.");
        }

        foreach (Expression child in expression.Children)
        {
            Bind(child, symbols, soft || expression is Conditional);
        }
    }

    private static Symbols Inner(Symbols symbols, Statement[] body, FunctionScope? function)
    {
        Symbols inside = new(symbols, function ?? symbols.Function);
        Analysis.Visit(body, inside);
        return inside;
    }

    private bool Exports(Surroundings around) => around.TopLevel && _template.Blocks.Count > 0;

    /// <summary>What is around a statement.</summary>
    /// <param name="TopLevel">Directly in the template, perhaps under an <c>if</c>.</param>
    /// <param name="Soft">Under an <c>if</c>, where unknown filters are an error only when they run.</param>
    /// <param name="Loop">In the body of a loop, where <c>break</c> is possible.</param>
    /// <param name="Escaping">In <c>autoescape true</c>.</param>
    /// <param name="Volatile">In <c>autoescape</c> of a value known only at run time.</param>
    private readonly record struct Surroundings(
        bool TopLevel = false,
        bool Soft = false,
        bool Loop = false,
        bool Escaping = false,
        bool Volatile = false
    )
    {
        /// <summary>Whether printed values are escaped; null when only the run decides.</summary>
        public bool? Escapes => Volatile ? null : Escaping;

        /// <summary>A scope inside.</summary>
        public Surroundings Inner() => this with { TopLevel = false, Soft = false };
    }
}
