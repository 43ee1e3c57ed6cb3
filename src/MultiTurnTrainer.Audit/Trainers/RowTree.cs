namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>Values of a row's <see cref="JsonTree"/>, read as Python reads a dictionary: what is absent is null.</summary>
internal static class RowTree
{
    /// <summary>Parses one row.</summary>
    /// <exception cref="FormatException">It is not JSON.</exception>
    public static object? Parse(ReadOnlySpan<byte> utf8) => JsonTree.Of(JsonView.Parse(utf8));

    /// <summary>Parses a text inside a row; null in <paramref name="value"/> may be JSON's null.</summary>
    /// <returns>Whether it is JSON.</returns>
    public static bool TryParse(string text, out object? value)
    {
        try
        {
            value = JsonTree.Of(JsonView.Parse(text));
            return true;
        }
        catch (FormatException)
        {
            value = null;
            return false;
        }
    }

    /// <summary>The text of a member, or null where it is absent or no text.</summary>
    public static string? Text(this JsonFields owner, string name) => Text(owner.Get(name));

    /// <summary>The text of a value, or null where it is no text.</summary>
    public static string? Text(object? value) => value as string;

    /// <summary>A text that the trainer cannot do without.</summary>
    /// <exception cref="RefusedRowException">There is none.</exception>
    public static string RequireText(this JsonFields owner, string name) =>
        owner.Text(name) ?? throw new RefusedRowException($"'{name}' is not a text");

    /// <summary>Whether Python takes a value for true.</summary>
    public static bool IsTrue(object? value) =>
        value switch
        {
            null => false,
            bool flag => flag,
            JsonView number => number.GetDouble() != 0,
            string text => text.Length > 0,
            List<object?> list => list.Count > 0,
            JsonFields owner => owner.Count > 0,
            _ => true,
        };

    /// <summary>The messages of a list.</summary>
    /// <exception cref="RefusedRowException">It is no list of objects.</exception>
    public static List<JsonFields> Objects(object? list, string name)
    {
        if (list is not List<object?> items)
        {
            throw new RefusedRowException($"'{name}' is not a list");
        }

        return
        [
            .. items.Select(item =>
                item as JsonFields ?? throw new RefusedRowException($"'{name}' holds something that is no object")
            ),
        ];
    }

    /// <summary>A copy, to be changed at any depth.</summary>
    public static JsonFields Copy(JsonFields owner) => (JsonFields)Copy(owner, _ => true)!;

    /// <summary>A copy without null values, at any depth.</summary>
    public static object? WithoutNulls(object? value) => Copy(value, member => member is not null);

    /// <summary>Whether two values mean the same.</summary>
    public static bool AreEqual(object? one, object? other) =>
        JsonView.DeepEquals(JsonText.ToView(one), JsonText.ToView(other));

    private static object? Copy(object? value, Func<object?, bool> isKept)
    {
        switch (value)
        {
            case JsonFields owner:
                JsonFields kept = [];
                foreach ((string name, object? member) in owner)
                {
                    if (isKept(member))
                    {
                        kept[name] = Copy(member, isKept);
                    }
                }

                return kept;
            case List<object?> list:
                return list.ConvertAll(item => Copy(item, isKept));
            default:
                return value;
        }
    }
}
