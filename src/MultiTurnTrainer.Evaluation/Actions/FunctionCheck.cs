using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>
/// Whether calls are the wanted ones, by the rules of Berkeley's function-calling benchmark (research notes, models 6.3): as many
/// calls, each wanted one matched by the first call that is left and fits.
/// </summary>
/// <param name="functions">Descriptions of the functions that may be called.</param>
internal sealed class FunctionCheck(IReadOnlyList<FunctionDescription> functions)
{
    /// <summary>Compares.</summary>
    /// <param name="wanted">By call, the function's name and the values that each parameter may have.</param>
    /// <param name="calls">What was called.</param>
    public bool Matches(IReadOnlyList<WantedCall> wanted, IReadOnlyList<PythonCall> calls)
    {
        if (wanted.Count != calls.Count)
        {
            return false;
        }

        List<PythonCall> left = [.. calls];
        foreach (WantedCall call in wanted)
        {
            int found = left.FindIndex(candidate => Matches(call, candidate));
            if (found < 0)
            {
                return false;
            }

            left.RemoveAt(found);
        }

        return true;
    }

    private bool Matches(WantedCall wanted, PythonCall call) =>
        call.Name == wanted.Name
        && functions.FirstOrDefault(function => function.Name == wanted.Name) is { } function
        && function.Required.All(call.Arguments.ContainsKey)
        && call.Arguments.All(argument =>
            function.Parameters.TryGetValue(argument.Key, out ParameterType? type)
            && wanted.Allowed.TryGetValue(argument.Key, out IReadOnlyList<object?>? allowed)
            && IsAllowed(argument.Value, type, allowed)
        )
        && wanted.Allowed.All(pair => call.Arguments.ContainsKey(pair.Key) || pair.Value.Contains(""));

    private static bool IsAllowed(object? value, ParameterType type, IReadOnlyList<object?> allowed)
    {
        if (type.Name == "float" && value is long or BigInteger)
        {
            value = value is long number ? (double)number : (double)(BigInteger)value;
        }

        if (FindType(value, type.Name, type.Items, allowed) is not { } asVariable)
        {
            return false;
        }

        return asVariable ? allowed.Any(one => PythonEquality.Same(one, value))
            : value is string text ? allowed.OfType<string>().Any(one => Standard(one) == Standard(text))
            : value is IReadOnlyDictionary<string, object?> pairs ? allowed.Any(one => MatchesPairs(pairs, one))
            : value is List<object?> list && type.Items == "dict" ? allowed.Any(one => MatchesDictionaries(list, one))
            : value is List<object?> items
                ? allowed
                    .OfType<List<object?>>()
                    .Any(one => PythonEquality.Same(StandardItems(one), StandardItems(items)))
            : allowed.Any(one => PythonEquality.Same(one, value));
    }

    /// <summary>Whether the value counts as a variable; null where its type is wrong.</summary>
    private static bool? FindType(object? value, string type, string? items, IReadOnlyList<object?> allowed)
    {
        // The benchmark takes the type of the first allowed value that is not "".
        string? wanted = allowed.FirstOrDefault(one => one is not "") is { } first ? TypeOf(first) : null;
        if (TypeOf(value) == type)
        {
            bool fits =
                items is null
                || value is not List<object?> list
                || allowed
                    .OfType<List<object?>>()
                    .Any(one => list.TrueForAll(item => FindType(item, items, null, one) is not null));
            return fits ? wanted is not null && wanted != type : null;
        }

        return wanted is not null && TypeOf(value) == wanted ? true : null;
    }

    private static bool MatchesPairs(IReadOnlyDictionary<string, object?> pairs, object? allowed) =>
        allowed is IReadOnlyDictionary<string, object?> wanted
        && pairs.All(pair =>
            wanted.TryGetValue(pair.Key, out object? values)
            && values is List<object?> list
            && list.Exists(one => PythonEquality.Same(StandardText(one), StandardText(pair.Value)))
        )
        && wanted.All(pair => pairs.ContainsKey(pair.Key) || (pair.Value is List<object?> list && list.Contains("")));

    private static bool MatchesDictionaries(List<object?> items, object? allowed) =>
        allowed is List<object?> wanted
        && wanted.Count == items.Count
        && items
            .Zip(wanted)
            .All(both => both.First is IReadOnlyDictionary<string, object?> pairs && MatchesPairs(pairs, both.Second));

    private static string TypeOf(object? value) =>
        value switch
        {
            null => "none",
            bool => "boolean",
            long or BigInteger => "integer",
            double => "float",
            string => "string",
            PythonTuple => "tuple",
            List<object?> => "array",
            _ => "dict",
        };

    private static List<object?> StandardItems(List<object?> items) => items.ConvertAll(StandardText);

    private static object? StandardText(object? value) => value is string text ? Standard(text) : value;

    private static string Standard(string text) =>
        string.Concat(text.Where(letter => !" ,./-_*^".Contains(letter, StringComparison.Ordinal)))
            .ToLowerInvariant()
            .Replace('\'', '"');
}
