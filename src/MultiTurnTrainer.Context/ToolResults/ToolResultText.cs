// Folder ToolResults: what stands for a tool's result that is long or old.
// Refuses to know: when a result is replaced.
using MultiTurnTrainer.Context.Constraints;

namespace MultiTurnTrainer.Context.ToolResults;

/// <summary>Texts that stand for a tool's result: its facts, or a placeholder that names tool, call and retrieval keys.</summary>
internal static class ToolResultText
{
    private const int LongestValue = 80;
    private const int MostKeys = 8;

    /// <summary>The placeholder of a result: enough to ask for it again.</summary>
    /// <param name="call">The call it answers, where that is known.</param>
    /// <param name="result">The result.</param>
    /// <param name="tokens">The tokens it had.</param>
    public static string Placeholder(ToolCall? call, string result, int tokens)
    {
        IEnumerable<string> keys = Leaves(result)
            .Where(leaf => IsKey(leaf.Path))
            .Select(leaf => $"{leaf.Path}={leaf.Value}")
            .Distinct()
            .Take(MostKeys);
        string listed = string.Join(", ", keys);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"[result of {Name(call)} left out, {tokens:N0} tokens; call it again if it is needed{(listed.Length > 0 ? $"; keys: {listed}" : "")}]"
        );
    }

    /// <summary>The facts of a result: the values of JSON with their paths, or the sentences that hold numbers and names.</summary>
    /// <param name="call">The call it answers, where that is known.</param>
    /// <param name="result">The result.</param>
    /// <param name="tokens">The tokens it had.</param>
    /// <param name="limit">Most tokens of the facts.</param>
    /// <param name="count">Tokens of a text.</param>
    public static string Facts(ToolCall? call, string result, int tokens, int limit, Func<string, int> count)
    {
        string heading = Invariant($"[facts from {Name(call)}, of {tokens:N0} tokens]");
        StringBuilder text = new(heading);
        int left = limit - count(heading);
        foreach (string fact in FactsOf(result))
        {
            int needed = count(fact) + 1;
            if (needed > left)
            {
                break;
            }

            text.Append('\n').Append(fact);
            left -= needed;
        }

        return text.ToString();
    }

    private static IEnumerable<string> FactsOf(string result)
    {
        List<(string Path, string Value)> leaves = [.. Leaves(result)];
        return leaves.Count > 0
            ? leaves.OrderBy(leaf => IsKey(leaf.Path) ? 0 : 1).Select(leaf => $"{leaf.Path}: {leaf.Value}").Distinct()
            : Sentences
                .Of(result)
                .Select((sentence, place) => (sentence, place))
                .OrderBy(pair => pair.sentence.AsSpan().ContainsAnyInRange('0', '9') ? 0 : 1)
                .ThenBy(pair => pair.place)
                .Select(pair => pair.sentence);
    }

    private static string Name(ToolCall? call)
    {
        if (call is null)
        {
            return "a tool";
        }

        string arguments = call.Arguments switch
        {
            { Kind: JsonKind.String } text => text.GetString()!,
            { } json => json.GetRawText(),
            null => "",
        };
        return $"{call.Name}({Short(arguments)})";
    }

    private static bool IsKey(string path)
    {
        string name = path[(path.LastIndexOf('.') + 1)..].ToLowerInvariant();
        return name is "id" or "key" or "url" or "uri" or "path" or "name" or "title"
            || name.EndsWith("_id", StringComparison.Ordinal)
            || name.EndsWith("_number", StringComparison.Ordinal)
            || name.EndsWith("_key", StringComparison.Ordinal);
    }

    private static IEnumerable<(string Path, string Value)> Leaves(string result)
    {
        ReadOnlySpan<char> start = result.AsSpan().TrimStart();
        if (start.Length == 0 || start[0] is not ('{' or '['))
        {
            return [];
        }

        try
        {
            return Leaves(JsonView.Parse(result), "");
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static IEnumerable<(string Path, string Value)> Leaves(JsonView json, string path) =>
        json.Kind switch
        {
            JsonKind.Object => json.EnumerateObject()
                .SelectMany(field => Leaves(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}")),
            JsonKind.Array => json.EnumerateArray().SelectMany((item, i) => Leaves(item, Invariant($"{path}[{i}]"))),
            JsonKind.Null or JsonKind.Undefined => [],
            _ => [(path.Length == 0 ? "value" : path, Short(json.ToString()))],
        };

    private static string Short(string value) =>
        value.Length <= LongestValue ? value : string.Concat(value.AsSpan(0, LongestValue - 1), "…");
}
