namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Finds the names a scope reads and assigns, in the order jinja2 visits them.</summary>
internal static class Analysis
{
    /// <summary>Visits statements of a scope; scopes inside are left for later.</summary>
    public static void Visit(IEnumerable<Statement> body, Symbols symbols)
    {
        foreach (Statement statement in body)
        {
            Visit(statement, symbols);
        }
    }

    /// <summary>Visits an expression: its names are read.</summary>
    public static void Visit(Expression? expression, Symbols symbols)
    {
        switch (expression)
        {
            case null:
                return;
            case Name name:
                symbols.Load(name.Id);
                return;
            default:
                foreach (Expression child in expression.Children)
                {
                    Visit(child, symbols);
                }

                return;
        }
    }

    /// <summary>Visits a target: its names are assigned, its namespaces read.</summary>
    public static void VisitTarget(Expression target, Symbols symbols, bool asParameter)
    {
        switch (target)
        {
            case Name name when asParameter:
                symbols.Declare(name.Id);
                return;
            case Name name:
                symbols.Store(name.Id);
                return;
            case NamespaceTarget attribute:
                symbols.Load(attribute.Owner.Id);
                return;
            default:
                foreach (Expression item in ((Sequence)target).Items)
                {
                    VisitTarget(item, symbols, asParameter);
                }

                return;
        }
    }

    /// <summary>Whether statements read one of these names before assigning it; blocks are not searched.</summary>
    public static HashSet<string> Undeclared(IEnumerable<Statement> body, params string[] names)
    {
        HashSet<string> wanted = new(names, StringComparer.Ordinal);
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (Statement statement in body)
        {
            Undeclared(statement, wanted, found);
        }

        return found;
    }

    /// <summary>Whether an expression mentions a name.</summary>
    public static bool Mentions(Expression expression, string name) =>
        expression is Name n ? n.Id == name : expression.Children.Any(child => Mentions(child, name));

    private static void Visit(Statement statement, Symbols symbols)
    {
        switch (statement)
        {
            case Print print:
                Visit(print.Expression, symbols);
                return;
            case If branch:
                VisitIf(branch, 0, symbols);
                return;
            case Set set:
                Visit(set.Value, symbols);
                VisitTarget(set.Target, symbols, asParameter: false);
                return;
            case SetBlock set:
                VisitTarget(set.Target, symbols, asParameter: false);
                return;
            case For loop:
                Visit(loop.Items, symbols);
                return;
            case With with:
                foreach (Expression value in with.Values)
                {
                    Visit(value, symbols);
                }

                return;
            case Macro macro:
                symbols.Store(macro.Target.Id);
                return;
            case CallBlock call:
                Visit(call.Call, symbols);
                return;
            case FilterBlock filter:
                Visit(filter.Filter, symbols);
                return;
            case Load load:
                Visit(load.Template, symbols);
                foreach (string name in load.Stored)
                {
                    symbols.Store(name);
                }

                return;
        }
    }

    private static void VisitIf(If statement, int branch, Symbols symbols)
    {
        Visit(statement.Branches[branch].Key, symbols);
        Symbols body = symbols.Copy();
        Visit(statement.Branches[branch].Value, body);
        // jinja2 visits the elifs one after the other in one copy, each as an if of its own.
        Symbols elifs = symbols.Copy();
        if (branch == 0)
        {
            for (int i = 1; i < statement.Branches.Length; i++)
            {
                VisitElif(statement.Branches[i], elifs);
            }
        }

        Symbols otherwise = symbols.Copy();
        Visit(statement.Otherwise, otherwise);
        symbols.Merge([body, elifs, otherwise]);
    }

    private static void VisitElif(KeyValuePair<Expression, Statement[]> branch, Symbols symbols)
    {
        Visit(branch.Key, symbols);
        Symbols body = symbols.Copy();
        Visit(branch.Value, body);
        symbols.Merge([body, symbols.Copy(), symbols.Copy()]);
    }

    private static void Undeclared(Statement statement, HashSet<string> wanted, HashSet<string> found)
    {
        if (statement is Block)
        {
            return;
        }

        foreach ((Expression expression, bool stored) in Shape.Expressions(statement))
        {
            Undeclared(expression, stored, wanted, found);
        }

        foreach (Statement child in Shape.Children(statement))
        {
            Undeclared(child, wanted, found);
        }
    }

    private static void Undeclared(Expression expression, bool stored, HashSet<string> wanted, HashSet<string> found)
    {
        if (expression is Name name)
        {
            if (stored)
            {
                wanted.Remove(name.Id);
            }
            else if (wanted.Contains(name.Id))
            {
                found.Add(name.Id);
            }

            return;
        }

        foreach (Expression child in expression.Children)
        {
            Undeclared(child, stored && expression is Sequence, wanted, found);
        }
    }
}
