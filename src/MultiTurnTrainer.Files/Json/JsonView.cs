namespace MultiTurnTrainer.Files.Json;

/// <summary>
/// A JSON value that never changes: a place in a text that was scanned once. It is as small as two words, keeps its text alive, and
/// makes a string only when one is asked for. What is not there is <c>default</c>, of the kind <see cref="JsonKind.Undefined"/>.
/// </summary>
[JsonConverter(typeof(JsonViewConverter))]
public readonly struct JsonView
{
    // Deeper than any row: what is built around a row is read back too.
    internal const int MaxDepth = 256;

    [ThreadStatic]
    private static JsonTape? _scanner;

    private readonly JsonTape? _tape;
    private readonly int _token;

    /// <param name="tape">A kept tape, which scans no more.</param>
    /// <param name="token">The value's token.</param>
    internal JsonView(JsonTape tape, int token)
    {
        _tape = tape;
        _token = token;
    }

    /// <summary>What it is.</summary>
    public JsonKind Kind => _tape is null ? JsonKind.Undefined : _tape[_token].Kind;

    /// <summary>The value as written, in UTF-8.</summary>
    public ReadOnlySpan<byte> RawUtf8 => _tape is null ? [] : _tape.RawValue(_token);

    /// <summary>Whether it is a text with half of a surrogate pair, for which <see cref="GetString()"/> has U+FFFD.</summary>
    public bool HasLoneSurrogate => _tape is not null && (_tape[_token].Flags & JsonFlags.LoneSurrogate) != 0;

    /// <summary>An element of an array.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has no such element.</exception>
    public JsonView this[int index]
    {
        get
        {
            foreach (JsonView item in EnumerateArray())
            {
                if (index-- == 0)
                {
                    return item;
                }
            }

            throw new ArgumentOutOfRangeException(nameof(index));
        }
    }

    /// <summary>Reads one JSON value with nothing but white space around it, at most 256 levels deep.</summary>
    /// <exception cref="FormatException">It is not JSON; the message says why and where.</exception>
    public static JsonView Parse(string json) => Adopt(Encoding.UTF8.GetBytes(json));

    /// <inheritdoc cref="Parse(string)"/>
    public static JsonView Parse(ReadOnlySpan<byte> utf8) => Adopt(utf8.ToArray());

    /// <summary>Whether two values mean the same: objects in any order of their names, numbers by what they are worth.</summary>
    public static bool DeepEquals(JsonView one, JsonView other) =>
        one.RawUtf8.SequenceEqual(other.RawUtf8)
        || (
            one._tape is not null
            && other._tape is not null
            && JsonElement.DeepEquals(one.ToElement(), other.ToElement())
        );

    /// <summary>A property, the last one where the name is repeated.</summary>
    /// <returns>Whether it is an object that has it.</returns>
    public bool TryGetProperty(string name, out JsonView value)
    {
        int found = _tape?.Find(_token, name) ?? -1;
        value = found < 0 ? default : new JsonView(_tape!, found);
        return found >= 0;
    }

    /// <summary>A property that must be there.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public JsonView GetProperty(string name) =>
        TryGetProperty(name, out JsonView value) ? value : throw new KeyNotFoundException($"there is no {name}");

    /// <summary>A property of a loosely shaped object; null and absent are the same here.</summary>
    public JsonView? Get(string name) =>
        TryGetProperty(name, out JsonView value) && value.Kind != JsonKind.Null ? value : null;

    /// <summary>A property that is a text; null when it is absent or something else.</summary>
    public string? GetString(string name) => Get(name) is { Kind: JsonKind.String } text ? text.GetString() : null;

    /// <summary>The elements of an array, in order.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    public JsonItems EnumerateArray() => new(Require(JsonKind.Array), _token);

    /// <summary>The properties of an object, in order; a name that is repeated comes again.</summary>
    /// <exception cref="InvalidOperationException">It is no object.</exception>
    public JsonMembers EnumerateObject() => new(Require(JsonKind.Object), _token);

    /// <summary>Number of elements of an array.</summary>
    /// <exception cref="InvalidOperationException">It is no array.</exception>
    public int GetArrayLength() => Require(JsonKind.Array).Length(_token);

    /// <summary>The text; null for <c>null</c>.</summary>
    /// <exception cref="InvalidOperationException">It is no text.</exception>
    public string? GetString() => Kind == JsonKind.Null ? null : Require(JsonKind.String).String(_token);

    /// <summary>The value as written.</summary>
    public string GetRawText() => Encoding.UTF8.GetString(RawUtf8);

    /// <summary>True or false.</summary>
    /// <exception cref="InvalidOperationException">It is neither.</exception>
    public bool GetBoolean() => Kind == JsonKind.True || (Kind == JsonKind.False ? false : throw Not("a boolean"));

    /// <summary>A whole number written without a fraction or exponent.</summary>
    /// <returns>Whether it is one of 32 bits.</returns>
    public bool TryGetInt32(out int number)
    {
        if (Kind == JsonKind.Number && Utf8Parser.TryParse(RawUtf8, out number, out int used) && used == RawUtf8.Length)
        {
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>A whole number written without a fraction or exponent.</summary>
    /// <returns>Whether it is one of 64 bits.</returns>
    public bool TryGetInt64(out long number)
    {
        if (Kind == JsonKind.Number && Utf8Parser.TryParse(RawUtf8, out number, out int used) && used == RawUtf8.Length)
        {
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>A number.</summary>
    /// <returns>Whether it is one.</returns>
    public bool TryGetDouble(out double number)
    {
        if (Kind == JsonKind.Number && Utf8Parser.TryParse(RawUtf8, out number, out int used) && used == RawUtf8.Length)
        {
            return true;
        }

        number = 0;
        return false;
    }

    /// <summary>A moment in ISO 8601.</summary>
    /// <returns>Whether it is one.</returns>
    public bool TryGetDateTimeOffset(out DateTimeOffset moment)
    {
        Utf8JsonReader reader = new(RawUtf8);
        moment = default;
        return Kind == JsonKind.String && reader.Read() && reader.TryGetDateTimeOffset(out moment);
    }

    /// <inheritdoc cref="TryGetInt32"/>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    /// <exception cref="FormatException">It is another number.</exception>
    public int GetInt32() => TryGetInt32(out int number) ? number : throw NotThat("a whole number of 32 bits");

    /// <inheritdoc cref="TryGetInt64"/>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    /// <exception cref="FormatException">It is another number.</exception>
    public long GetInt64() => TryGetInt64(out long number) ? number : throw NotThat("a whole number of 64 bits");

    /// <inheritdoc cref="TryGetDouble"/>
    /// <exception cref="InvalidOperationException">It is no number.</exception>
    public double GetDouble() => TryGetDouble(out double number) ? number : throw NotThat("a number");

    /// <summary>Writes the value; strings are escaped as the writer does, numbers keep their spelling.</summary>
    /// <exception cref="InvalidOperationException">There is no value.</exception>
    public void WriteTo(JsonWriter json) => WriteTo(json.Inner);

    /// <inheritdoc cref="WriteTo(JsonWriter)"/>
    internal void WriteTo(Utf8JsonWriter json)
    {
        if (_tape is null)
        {
            throw Not("a value");
        }

        if (json.Options.Indented)
        {
            ToElement().WriteTo(json);
        }
        else
        {
            JsonTapeWriter.Write(_tape, _token, json);
        }
    }

    /// <summary>
    /// The whole value: null, <see cref="bool"/>, <see cref="long"/> or <see cref="double"/>, <see cref="string"/>, a list, or a
    /// dictionary in the order of its names.
    /// </summary>
    public object? ToTree()
    {
        switch (Kind)
        {
            case JsonKind.Array:
                return EnumerateArray().Select(item => item.ToTree()).ToList();
            case JsonKind.Object:
                OrderedDictionary<string, object?> members = [];
                foreach (JsonMember member in EnumerateObject())
                {
                    members[member.Name] = member.Value.ToTree();
                }

                return members;
            case JsonKind.Number:
                return TryGetInt64(out long whole) ? (object)whole : GetDouble();
            case JsonKind.True or JsonKind.False:
                return GetBoolean();
            default:
                return Kind == JsonKind.String ? GetString() : null;
        }
    }

    /// <summary>A text as it is, anything else as written; nothing for <c>null</c>.</summary>
    public override string ToString() =>
        Kind switch
        {
            JsonKind.Undefined or JsonKind.Null => "",
            JsonKind.String => GetString()!,
            JsonKind.True => bool.TrueString,
            JsonKind.False => bool.FalseString,
            _ => GetRawText(),
        };

    /// <summary>A tape on which the value is the first token.</summary>
    internal JsonTape ToTape() => _token == 0 && _tape is not null ? _tape : Parse(RawUtf8)._tape!;

    /// <summary>Reads a text that belongs to the value from now on.</summary>
    internal static JsonView Adopt(byte[] utf8)
    {
        JsonTape scanner = _scanner ??= new JsonTape(Array.MaxLength, MaxDepth);
        Scan(scanner, utf8);
        JsonTape kept = scanner.KeepBuffer();
        _scanner = scanner.IsLarge ? null : scanner;
        return new JsonView(kept, 0);
    }

    /// <summary>Scans a text that is JSON and UTF-8.</summary>
    /// <exception cref="FormatException">It is not; the message says why and where.</exception>
    internal static void Scan(JsonTape tape, ReadOnlyMemory<byte> utf8)
    {
        if (!tape.Scan(utf8))
        {
            JsonProblem problem = tape.Problem!;
            throw new FormatException(Invariant($"{problem.Message} (byte {problem.Offset})"));
        }

        if (tape.NonAscii && !Utf8.IsValid(utf8.Span))
        {
            throw new FormatException(Invariant($"the text is not valid UTF-8 (byte {tape.InvalidUtf8At()})"));
        }
    }

    private JsonElement ToElement()
    {
        Utf8JsonReader reader = new(RawUtf8, new JsonReaderOptions { MaxDepth = MaxDepth });
        return JsonElement.ParseValue(ref reader);
    }

    private JsonTape Require(JsonKind kind) =>
        Kind == kind ? _tape! : throw Not(kind is JsonKind.Array or JsonKind.Object ? $"an {kind}" : $"a {kind}");

    private Exception NotThat(string wanted) =>
        Kind == JsonKind.Number ? new FormatException($"{GetRawText()} is not {wanted}") : Not(wanted);

    private InvalidOperationException Not(string wanted) => new($"the JSON value is {Kind}, not {wanted}");
}
