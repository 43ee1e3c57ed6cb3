using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Reads the arguments of builtins.</summary>
internal static class Arg
{
    /// <summary>soft_str: a text stays as it is, marked or not; anything else becomes its text.</summary>
    public static StrValue Text(Value? value) => value as StrValue ?? value!.ToStr();

    /// <summary>A text, or a TypeError.</summary>
    public static StrValue NeedText(Value? value, string what) =>
        value switch
        {
            StrValue s => s,
            UndefinedValue undefined => throw undefined.Fail(),
            _ => throw TemplateException.Type($"{what} must be str, not {value!.TypeName}"),
        };

    /// <summary>A truth value with a default.</summary>
    public static bool Flag(Value? value, bool missing = false) => value?.Truthy ?? missing;

    /// <summary>A whole number with a default.</summary>
    public static int Count(Value? value, int missing, int max = int.MaxValue) =>
        value is null ? missing : Numbers.ToCount(value, max);

    /// <summary>len(x), or a TypeError.</summary>
    public static int Length(Value? value) =>
        value!.Length >= 0
            ? value.Length
            : throw TemplateException.Type($"object of type '{value.TypeName}' has no len()");

    /// <summary>list(x).</summary>
    public static List<Value> List(Value? value)
    {
        List<Value> items = [];
        foreach (Value item in value!.Iterate())
        {
            RenderBudget.Items(2);
            items.Add(item);
            if (items.Count > Limits.MaxList)
            {
                throw TemplateException.Type("the list grew too long");
            }
        }

        return items;
    }

    /// <summary>Whether an argument was given and is not None.</summary>
    public static bool Given(Value? value) => value is not (null or NoneValue);
}
