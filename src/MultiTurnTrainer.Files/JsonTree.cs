using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Files;

/// <summary>
/// JSON to be changed: an object is <see cref="JsonFields"/>, an array a <c>List&lt;object?&gt;</c>, a text a string, <c>true</c> and
/// <c>false</c> a bool. A number stays a <see cref="JsonView"/>, spelled as it was.
/// </summary>
public static class JsonTree
{
    [ThreadStatic]
    private static JsonTape? _scanner;

    /// <summary>Takes over a value. Of a name that is repeated the last counts, and half of a surrogate pair is U+FFFD.</summary>
    public static object? Of(JsonView json) => Of(json, isStrict: false);

    /// <summary>Reads what others send: at most 128 levels deep, no name twice in an object, no half of a surrogate pair.</summary>
    /// <exception cref="FormatException">It is none of this; the message says why.</exception>
    public static object? Read(ReadOnlyMemory<byte> utf8)
    {
        // Not kept where the scan fails or what it holds is large: whoever sends it could fill memory, a thread at a time.
        JsonTape scanner = _scanner ?? new JsonTape(Array.MaxLength);
        _scanner = null;
        JsonView.Scan(scanner, utf8);
        JsonTape kept = scanner.Keep();
        _scanner = scanner.IsLarge || utf8.Length > 1 << 20 ? null : scanner;
        return Of(new JsonView(kept, 0), isStrict: true);
    }

    private static object? Of(JsonView json, bool isStrict)
    {
        switch (json.Kind)
        {
            case JsonKind.Object:
                JsonFields owner = [];
                foreach (JsonMember member in json.EnumerateObject())
                {
                    string name = member.Name;
                    if (isStrict && (member.HasLoneSurrogate || owner.ContainsKey(name)))
                    {
                        throw new FormatException($"the name {name} is there twice, or holds half of a surrogate pair");
                    }

                    owner[name] = Of(member.Value, isStrict);
                }

                return owner;
            case JsonKind.Array:
                return json.EnumerateArray().Select(item => Of(item, isStrict)).ToList();
            case JsonKind.Number:
                return json;
            case JsonKind.True or JsonKind.False:
                return json.GetBoolean();
            case JsonKind.String when isStrict && json.HasLoneSurrogate:
                throw new FormatException("a text holds half of a surrogate pair");
            default:
                return json.GetString();
        }
    }
}
