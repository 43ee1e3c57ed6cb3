namespace MultiTurnTrainer.Templates.Values;

/// <summary>Walks through joined texts, however deeply they nest.</summary>
internal static class Rope
{
    // As deep as recursion goes; below that a stack of its own is used.
    private const int MaxRecursion = 32;

    /// <summary>Visits the leaves that are not empty, in order; a leaf alone in any case.</summary>
    public static void ForEachLeaf<TState>(StrValue value, TState state, Action<TState, StrValue> visit)
    {
        if (value.IsLeaf)
        {
            visit(state, value);
            return;
        }

        Visit(value, state, visit, 0);
    }

    /// <summary>The text of joined texts.</summary>
    public static string Flatten(StrValue value)
    {
        RenderBudget.Chars(value.Chars);
        return string.Create(
            value.Chars,
            value,
            static (span, self) =>
            {
                int at = 0;
                Span<char> target = span;
                Stack<(StrValue[] Parts, int Next)> pending = new();
                pending.Push((self.Parts!, 0));
                while (pending.TryPop(out (StrValue[] Parts, int Next) top))
                {
                    int i = top.Next;
                    while (i < top.Parts.Length)
                    {
                        RenderBudget.Spend(1);
                        StrValue part = top.Parts[i++];
                        if (part.FlatText is { } text)
                        {
                            text.CopyTo(target[at..]);
                            at += text.Length;
                        }
                        else
                        {
                            pending.Push((top.Parts, i));
                            pending.Push((part.Parts!, 0));
                            break;
                        }
                    }
                }
            }
        );
    }

    private static void Visit<TState>(StrValue joined, TState state, Action<TState, StrValue> visit, int depth)
    {
        RenderBudget.Spend(2 * joined.Parts!.Length);
        foreach (StrValue part in joined.Parts!)
        {
            if (part.IsLeaf)
            {
                if (part.Chars > 0)
                {
                    visit(state, part);
                }
            }
            else if (depth < MaxRecursion)
            {
                Visit(part, state, visit, depth + 1);
            }
            else
            {
                VisitDeep(part, state, visit);
            }
        }
    }

    private static void VisitDeep<TState>(StrValue joined, TState state, Action<TState, StrValue> visit)
    {
        Stack<(StrValue[] Parts, int Next)> pending = new();
        pending.Push((joined.Parts!, 0));
        while (pending.TryPop(out (StrValue[] Parts, int Next) top))
        {
            int i = top.Next;
            while (i < top.Parts.Length)
            {
                RenderBudget.Spend(2);
                StrValue part = top.Parts[i++];
                if (!part.IsLeaf)
                {
                    pending.Push((top.Parts, i));
                    pending.Push((part.Parts!, 0));
                    break;
                }

                if (part.Chars > 0)
                {
                    visit(state, part);
                }
            }
        }
    }
}
