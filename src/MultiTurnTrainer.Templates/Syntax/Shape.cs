namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>The parts of each kind of statement.</summary>
internal static class Shape
{
    /// <summary>The expressions of a statement itself, and whether each is a target.</summary>
    public static IEnumerable<(Expression Expression, bool Stored)> Expressions(Statement statement) =>
        statement switch
        {
            Print print => [(print.Expression, false)],
            If branch => branch.Branches.Select(b => (b.Key, false)),
            Set set => [(set.Target, true), (set.Value, false)],
            SetBlock set => set.Filter is null ? [(set.Target, true)] : [(set.Target, true), (set.Filter, false)],
            For loop => loop.Test is null
                ? [(loop.Target, true), (loop.Items, false)]
                : [(loop.Target, true), (loop.Items, false), (loop.Test, false)],
            With with => with.Targets.Select(t => (t, true)).Concat(with.Values.Select(v => (v, false))),
            FilterBlock filter => [(filter.Filter, false)],
            AutoEscape escape => [(escape.On, false)],
            Macro macro => Parameters(macro.Body),
            CallBlock call => Parameters(call.Body).Prepend((call.Call, false)),
            Load load => [(load.Template, false)],
            _ => [],
        };

    /// <summary>The statements inside a statement.</summary>
    public static IEnumerable<Statement> Children(Statement statement) =>
        statement switch
        {
            If branch => branch.Branches.SelectMany(b => b.Value).Concat(branch.Otherwise),
            SetBlock set => set.Body,
            For loop => loop.Body.Concat(loop.Otherwise),
            With with => with.Body,
            FilterBlock filter => filter.Body,
            AutoEscape escape => escape.Body,
            Macro macro => macro.Body.Body,
            CallBlock call => call.Body.Body,
            Generation generation => generation.Body.Body,
            Block block => block.Body,
            _ => [],
        };

    /// <summary>All statements, outer before inner.</summary>
    public static IEnumerable<Statement> All(IEnumerable<Statement> body)
    {
        foreach (Statement statement in body)
        {
            yield return statement;
            foreach (Statement inner in All(Children(statement)))
            {
                yield return inner;
            }
        }
    }

    private static IEnumerable<(Expression, bool)> Parameters(MacroBody body) =>
        body.Parameters.Select(p => ((Expression)p, true)).Concat(body.Defaults.Select(d => (d, false)));
}
