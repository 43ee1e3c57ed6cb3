namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>A parameter's type: <c>string</c>, <c>integer</c>, <c>float</c>, <c>boolean</c>, <c>array</c>, <c>dict</c>.</summary>
/// <param name="Name">The type.</param>
/// <param name="Items">The type of an array's items.</param>
internal sealed record ParameterType(string Name, string? Items);

/// <summary>A function that may be called.</summary>
internal sealed record FunctionDescription(
    string Name,
    IReadOnlyDictionary<string, ParameterType> Parameters,
    IReadOnlyList<string> Required
)
{
    /// <summary>Reads the list that a task holds under <c>function</c>, or its one object.</summary>
    /// <exception cref="FormatException">It describes no functions.</exception>
    public static IReadOnlyList<FunctionDescription> ReadAll(object? json) =>
        json is List<object?> list ? [.. list.Select(Read)] : [Read(json)];

    private static FunctionDescription Read(object? json)
    {
        IReadOnlyDictionary<string, object?> function = Object(json, "function");
        IReadOnlyDictionary<string, object?> parameters = Object(
            function.GetValueOrDefault("parameters"),
            "parameters"
        );
        return new FunctionDescription(
            function.GetValueOrDefault("name") as string ?? throw new FormatException("a function has no name"),
            Object(parameters.GetValueOrDefault("properties"), "properties")
                .ToDictionary(pair => pair.Key, pair => ReadType(pair.Value)),
            [.. (parameters.GetValueOrDefault("required") as List<object?> ?? []).OfType<string>()]
        );
    }

    private static ParameterType ReadType(object? json)
    {
        IReadOnlyDictionary<string, object?> type = Object(json, "parameter");
        return new ParameterType(
            type.GetValueOrDefault("type") as string ?? throw new FormatException("a parameter has no type"),
            type.GetValueOrDefault("items") is IReadOnlyDictionary<string, object?> items
                ? items.GetValueOrDefault("type") as string
                : null
        );
    }

    private static IReadOnlyDictionary<string, object?> Object(object? json, string what) =>
        json as IReadOnlyDictionary<string, object?> ?? throw new FormatException($"{what} is no object");
}

/// <summary>A call that solves a task, with the values that each of its parameters may have; "" means it may be left out.</summary>
internal sealed record WantedCall(string Name, IReadOnlyDictionary<string, IReadOnlyList<object?>> Allowed)
{
    /// <summary>Reads the list that a task holds under <c>reference_answer</c>.</summary>
    /// <exception cref="FormatException">It holds no calls.</exception>
    public static IReadOnlyList<WantedCall> ReadAll(object? json) =>
        json is List<object?> { Count: > 0 } list
            ? [.. list.Select(Read)]
            : throw new FormatException("it holds no calls");

    /// <summary>The call with the first allowed value of each parameter that has one, as Python.</summary>
    public string ToPython() =>
        $"{Name}({string.Join(", ", Allowed.Where(IsGiven).Select(pair => $"{pair.Key}={PythonText.Repr(Given(pair.Value))}"))})";

    private static bool IsGiven(KeyValuePair<string, IReadOnlyList<object?>> pair) =>
        pair.Value.Any(one => one is not "");

    private static object? Given(IReadOnlyList<object?> allowed) => Single(allowed.First(one => one is not ""));

    // A dictionary's values are lists of allowed ones.
    private static object? Single(object? value) =>
        value switch
        {
            IReadOnlyDictionary<string, object?> pairs => new OrderedDictionary<string, object?>(
                pairs
                    .Where(pair => pair.Value is List<object?> list && list.Exists(one => one is not ""))
                    .Select(pair =>
                        KeyValuePair.Create(pair.Key, Single(((List<object?>)pair.Value!).Find(one => one is not "")))
                    )
            ),
            List<object?> items => items.ConvertAll(item =>
                item is IReadOnlyDictionary<string, object?> ? Single(item) : item
            ),
            _ => value,
        };

    private static WantedCall Read(object? json) =>
        json is IReadOnlyDictionary<string, object?> { Count: 1 } call
        && call.First() is { Value: IReadOnlyDictionary<string, object?> parameters } one
            ? new WantedCall(
                one.Key,
                parameters.ToDictionary(
                    pair => pair.Key,
                    pair => (IReadOnlyList<object?>)(pair.Value as List<object?> ?? [pair.Value])
                )
            )
            : throw new FormatException("a call is an object with the function's name and its parameters");
}
