using MultiTurnTrainer.Templates.Rendering;
using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Syntax;

/// <summary>Assignment to names, tuples and namespace attributes.</summary>
internal static class Targets
{
    /// <summary>Assigns, unpacking tuples.</summary>
    public static void Assign(Expression target, Value value, Renderer r)
    {
        switch (target)
        {
            case Name name:
                r.Store(name.Slot, value);
                break;
            case NamespaceTarget attribute:
                ((NamespaceValue)attribute.Owner.Evaluate(r)).Set(attribute.Attribute, value);
                break;
            default:
                Unpack((Sequence)target, value, r);
                break;
        }
    }

    /// <summary>Every namespace in the target must be one, before the value is computed.</summary>
    public static void CheckNamespaces(Expression target, Renderer r)
    {
        switch (target)
        {
            case NamespaceTarget attribute when attribute.Owner.Evaluate(r) is not NamespaceValue:
                r.At = target.Place;
                throw TemplateException.Type("cannot assign attribute on non-namespace object");
            case Sequence tuple:
                foreach (Expression item in tuple.Items)
                {
                    CheckNamespaces(item, r);
                }

                break;
        }
    }

    /// <summary>Makes top-level names visible to blocks.</summary>
    public static void Export(Expression target, Renderer r)
    {
        if (target is Name name)
        {
            r.Export(name.Id, r.Load(name.Slot)!);
        }
        else if (target is Sequence tuple)
        {
            foreach (Expression item in tuple.Items)
            {
                Export(item, r);
            }
        }
    }

    /// <summary>The names in a target.</summary>
    public static IEnumerable<Name> Names(Expression target) =>
        target switch
        {
            Name name => [name],
            Sequence tuple => tuple.Items.SelectMany(Names),
            _ => [],
        };

    private static void Unpack(Sequence target, Value value, Renderer r)
    {
        if (!value.IsIterable)
        {
            throw TemplateException.Type($"cannot unpack non-iterable {value.TypeName} object");
        }

        int wanted = target.Items.Length;
        List<Value> items = [];
        foreach (Value item in value.Iterate())
        {
            items.Add(item);
            if (items.Count > wanted)
            {
                throw TemplateException.Type($"too many values to unpack (expected {wanted})");
            }
        }

        if (items.Count < wanted)
        {
            throw TemplateException.Type($"not enough values to unpack (expected {wanted}, got {items.Count})");
        }

        for (int i = 0; i < wanted; i++)
        {
            Assign(target.Items[i], items[i], r);
        }
    }
}
