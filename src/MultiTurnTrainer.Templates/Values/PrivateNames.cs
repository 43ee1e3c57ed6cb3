namespace MultiTurnTrainer.Templates.Values;

/// <summary>The double-underscore attributes every Python object has; the sandbox turns them into a security error.</summary>
internal static class PrivateNames
{
    private static readonly HashSet<string> _object = new(StringComparer.Ordinal)
    {
        "__class__",
        "__delattr__",
        "__dir__",
        "__doc__",
        "__eq__",
        "__format__",
        "__ge__",
        "__getattribute__",
        "__getstate__",
        "__gt__",
        "__hash__",
        "__init__",
        "__init_subclass__",
        "__le__",
        "__lt__",
        "__ne__",
        "__new__",
        "__reduce__",
        "__reduce_ex__",
        "__repr__",
        "__setattr__",
        "__sizeof__",
        "__str__",
        "__subclasshook__",
    };

    private static readonly HashSet<string> _container = new(StringComparer.Ordinal)
    {
        "__len__",
        "__contains__",
        "__iter__",
        "__getitem__",
        "__add__",
        "__mul__",
        "__rmul__",
    };

    /// <summary>A stand-in for a private attribute that exists, else null.</summary>
    public static Value? Find(Value owner, string name) =>
        name.StartsWith("__", StringComparison.Ordinal)
        && (_object.Contains(name) || (owner.Length >= 0 && _container.Contains(name)))
            ? NoneValue.Instance
            : null;
}
