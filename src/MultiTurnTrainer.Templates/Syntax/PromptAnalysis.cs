using MultiTurnTrainer.Templates.Rendering;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>
/// Proves that a generation prompt does not depend on the messages: everything printed after the first loop at the top
/// level, and everything under a test of <c>add_generation_prompt</c>, reads only names that the template never assigns
/// and that are not the messages.
/// </summary>
internal static class PromptAnalysis
{
    private const string Prompt = "add_generation_prompt";

    /// <summary>Whether the proof succeeds; false says nothing.</summary>
    /// <param name="template">The template.</param>
    /// <param name="names">The names the prompt reads.</param>
    public static bool IsConstant(ParsedTemplate template, out HashSet<string> names)
    {
        names = new HashSet<string>(StringComparer.Ordinal);
        Statement[] body = [.. template.Body.Where(s => !NeverRuns(s))];
        int loop = Array.FindIndex(body, s => s is For);
        if (loop < 0 || template.Blocks.Count > 0)
        {
            return false;
        }

        HashSet<string> assigned = new(StringComparer.Ordinal) { "messages", "loop" };
        foreach (Statement statement in Shape.All(body))
        {
            foreach ((Expression target, bool stored) in Shape.Expressions(statement))
            {
                if (stored)
                {
                    assigned.UnionWith(Targets.Names(target).Select(n => n.Id));
                }
            }

            if (statement is Macro macro)
            {
                assigned.Add(macro.Target.Id);
            }
        }

        foreach (Statement statement in Shape.All(body.Skip(loop + 1).Where(s => s is not (For or Set))))
        {
            foreach ((Expression expression, _) in Shape.Expressions(statement))
            {
                Collect(expression, names);
            }
        }

        // Before and inside the loops nothing may ask for the prompt; the loops themselves print no part of it.
        return body.Take(loop + 1).All(s => !Asks(s))
            && body.Skip(loop + 1).All(s => s is For or Set ? !Asks(s) : Reads(s, assigned));
    }

    /// <summary>The usual guard that gives add_generation_prompt a value: it always has one here.</summary>
    private static bool NeverRuns(Statement statement) =>
        statement is If { Branches: [var branch], Otherwise: [] }
        && branch.Key switch
        {
            Negation not => not.Children.First() is TestCall { Name: "defined" } test && IsPrompt(test),
            TestCall { Name: "undefined" } test => IsPrompt(test),
            _ => false,
        };

    private static bool IsPrompt(TestCall test) => test.Children.First() is Name { Id: Prompt };

    private static bool Asks(Statement statement) =>
        Shape.All([statement]).SelectMany(Shape.Expressions).Any(e => Analysis.Mentions(e.Expression, Prompt));

    private static bool Reads(Statement statement, HashSet<string> forbidden) =>
        statement is Data or Print or If
        && Shape.Expressions(statement).All(e => !MentionsAny(e.Expression, forbidden))
        && Shape.Children(statement).All(child => Reads(child, forbidden));

    private static void Collect(Expression expression, HashSet<string> names)
    {
        if (expression is Name name)
        {
            names.Add(name.Id);
        }

        foreach (Expression child in expression.Children)
        {
            Collect(child, names);
        }
    }

    private static bool MentionsAny(Expression expression, HashSet<string> names) =>
        expression is Name name ? names.Contains(name.Id) : expression.Children.Any(child => MentionsAny(child, names));
}
