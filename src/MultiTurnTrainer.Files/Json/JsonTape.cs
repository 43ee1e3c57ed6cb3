// Folder Json: scans JSON without allocation, with offsets and paths, shows what was scanned as values, and writes JSON.
// Refuses to know: what the JSON means.
namespace MultiTurnTrainer.Files.Json;

/// <summary>
/// A strict RFC 8259 scanner that leaves a flat list of tokens over the bytes it was given. One tape is used for many
/// rows: nothing is allocated per row, and no string is made until somebody asks for one.
/// </summary>
/// <remarks>
/// Containers are walked with an explicit stack of bounded depth, so nesting bombs cost nothing. Bytes above 0x7F are
/// accepted here; whether they are UTF-8 is <see cref="NonAscii"/>'s reader's question.
/// </remarks>
internal sealed class JsonTape
{
    /// <summary>Containers inside containers beyond this are refused.</summary>
    public const int MaxDepth = 128;

    /// <summary>Most tokens that are read by default: those of 32 MiB, the longest row.</summary>
    public const int MaxTokens = (32 << 20) / TokenBytes;

    private const int TokenBytes = 16;

    private static readonly SearchValues<byte> _stringStops = SearchValues.Create([
        .. Enumerable.Range(0, 0x20).Select(code => (byte)code),
        (byte)'"',
        (byte)'\\',
    ]);

    private readonly int _maxTokens;
    private readonly int[] _open;
    private JsonToken[] _tokens;

    // The text's own array: a span of it costs less than one of a Memory.
    private byte[] _bytes = [];
    private int _offset;

    /// <summary>A tape to scan with.</summary>
    /// <param name="maxTokens">Names and values beyond this are refused.</param>
    /// <param name="maxDepth">Containers inside containers beyond this are refused.</param>
    public JsonTape(int maxTokens = MaxTokens, int maxDepth = MaxDepth)
    {
        _maxTokens = maxTokens;
        _open = new int[maxDepth];
        _tokens = new JsonToken[256];
    }

    /// <summary>What another tape has scanned, in memory of its own.</summary>
    private JsonTape(JsonTape scanned, byte[] text)
    {
        _open = [];
        _tokens = scanned._tokens.AsSpan(0, scanned.Count).ToArray();
        _bytes = text;
        Text = text;
        Count = scanned.Count;
        Flags = scanned.Flags;
        NonAscii = scanned.NonAscii;
    }

    /// <summary>The bytes of the last scan. Valid as long as the caller's buffer is.</summary>
    public ReadOnlyMemory<byte> Text { get; private set; }

    /// <summary>Number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>Why the last scan failed, or null.</summary>
    public JsonProblem? Problem { get; private set; }

    /// <summary>Everything seen in any token.</summary>
    public JsonFlags Flags { get; private set; }

    /// <summary>Whether any byte lies above 0x7F.</summary>
    public bool NonAscii { get; private set; }

    /// <summary>Whether it has room for more tokens than few rows have.</summary>
    public bool IsLarge => _tokens.Length > 1 << 16;

    public ref readonly JsonToken this[int token] => ref _tokens[token];

    /// <summary>Most tokens a row of some bytes may have: they take no more memory than the row itself may.</summary>
    public static int MostTokens(int maxRowBytes) => Math.Max(1 << 16, maxRowBytes / TokenBytes);

    /// <summary>Scans one JSON value with nothing but white space around it.</summary>
    /// <returns>Whether it is JSON; otherwise <see cref="Problem"/> says why not.</returns>
    public bool Scan(ReadOnlyMemory<byte> utf8)
    {
        Text = utf8;
        (_bytes, _offset) = MemoryMarshal.TryGetArray(utf8, out ArraySegment<byte> array)
            ? (array.Array ?? [], array.Offset)
            : (utf8.ToArray(), 0);
        Count = 0;
        Flags = JsonFlags.None;
        Problem = null;
        NonAscii = !Ascii.IsValid(utf8.Span);
        Problem = Walk(utf8.Span);
        return Problem is null;
    }

    /// <summary>What was scanned, for values that live longer than the buffer and the next scan.</summary>
    public JsonTape Keep() => new(this, Text.ToArray());

    /// <summary>The same for a buffer that nobody uses again: it is not copied.</summary>
    public JsonTape KeepBuffer() => new(this, _offset == 0 && _bytes.Length == Text.Length ? _bytes : Text.ToArray());

    /// <summary>The bytes of a token as written: escapes kept, quotes left out.</summary>
    public ReadOnlySpan<byte> Raw(int token)
    {
        ref readonly JsonToken text = ref _tokens[token];
        return _bytes.AsSpan(_offset + text.Start, text.Length);
    }

    /// <summary>The bytes of a value as written, with the quotes of a string.</summary>
    public ReadOnlySpan<byte> RawValue(int token)
    {
        ref readonly JsonToken value = ref _tokens[token];
        return value.Kind is JsonKind.String or JsonKind.Name
            ? _bytes.AsSpan(_offset + value.Start - 1, value.Length + 2)
            : _bytes.AsSpan(_offset + value.Start, value.Length);
    }

    /// <summary>The text of a string or name token.</summary>
    public string String(int token)
    {
        ReadOnlySpan<byte> raw = Raw(token);
        return (_tokens[token].Flags & JsonFlags.Escaped) == 0
            ? Encoding.UTF8.GetString(raw)
            : JsonString.Unescape(raw);
    }

    /// <summary>Whether a name or string token says exactly this.</summary>
    public bool Is(int token, ReadOnlySpan<byte> text) =>
        (_tokens[token].Flags & JsonFlags.Escaped) == 0
            ? Raw(token).SequenceEqual(text)
            : String(token) == Encoding.UTF8.GetString(text);

    /// <summary>The value of a property, the last one when the name is repeated; −1 when absent.</summary>
    public int Find(int container, ReadOnlySpan<byte> name)
    {
        int found = -1;
        if (container < 0 || _tokens[container].Kind != JsonKind.Object)
        {
            return found;
        }

        int end = _tokens[container].Next;
        for (int at = container + 1; at < end; at = _tokens[at + 1].Next)
        {
            if (Is(at, name))
            {
                found = at + 1;
            }
        }

        return found;
    }

    /// <inheritdoc cref="Find(int, ReadOnlySpan{byte})"/>
    public int Find(int container, string name)
    {
        Span<byte> utf8 = stackalloc byte[128];
        return Encoding.UTF8.TryGetBytes(name, utf8, out int length)
            ? Find(container, utf8[..length])
            : Find(container, Encoding.UTF8.GetBytes(name));
    }

    /// <summary>Number of elements of an array, or of properties of an object.</summary>
    public int Length(int container)
    {
        int count = 0;
        int step = _tokens[container].Kind == JsonKind.Object ? 1 : 0;
        for (int at = container + 1; at < _tokens[container].Next; at = _tokens[at + step].Next)
        {
            count++;
        }

        return count;
    }

    /// <summary>Whether an object has more keys than may be compared with each other.</summary>
    public bool HasManyKeys(int container)
    {
        int left = 16;
        for (int at = container + 1; at < _tokens[container].Next && left >= 0; at = _tokens[at + 1].Next)
        {
            left--;
        }

        return left < 0;
    }

    /// <summary>The path of the value that holds a byte.</summary>
    public string PathAt(int offset)
    {
        int holder = 0;
        for (int token = 0; token < Count; token++)
        {
            ref readonly JsonToken value = ref _tokens[token];
            holder = offset >= value.Start && offset < value.Start + value.Length ? token : holder;
        }

        return JsonPathText.Of(this, holder);
    }

    /// <summary>Where the first byte stands that is no UTF-8; the length where there is none.</summary>
    public int InvalidUtf8At()
    {
        ReadOnlySpan<byte> text = Text.Span;
        int valid = 0;
        while (Rune.DecodeFromUtf8(text[valid..], out _, out int used) == OperationStatus.Done)
        {
            valid += used;
        }

        return valid;
    }

    private JsonProblem? Walk(ReadOnlySpan<byte> text)
    {
        int depth = 0;
        int at = SkipSpace(text, 0);
        if (at == text.Length)
        {
            return new JsonProblem(at, "there is no value");
        }

        do
        {
            // A value begins at `at`; a name may follow it before the next check.
            if (Count + 2 > _tokens.Length && !Grow())
            {
                return JsonProblem.TooLarge(at, _maxTokens);
            }

            bool opened = false;
            switch (at < text.Length ? text[at] : 0)
            {
                case '{' or '[':
                    if (depth == _open.Length)
                    {
                        return JsonProblem.TooDeep(at, _open.Length);
                    }

                    JsonKind kind = text[at] == '{' ? JsonKind.Object : JsonKind.Array;
                    _tokens[Count] = new JsonToken { Start = at, Kind = kind };
                    _open[depth++] = Count++;
                    at = SkipSpace(text, at + 1);
                    opened = true;
                    break;
                case '"':
                    if (Quoted(text, ref at, JsonKind.String) is { } badString)
                    {
                        return badString;
                    }

                    break;
                default:
                    if (Scalar(text, ref at) is { } badScalar)
                    {
                        return badScalar;
                    }

                    break;
            }

            if (GoOn(text, ref at, ref depth, opened) is { } problem)
            {
                return problem;
            }
        } while (depth > 0);

        return null;
    }

    /// <summary>After a value, or a bracket that opened: closes what ends here and goes to where the next value begins.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">Behind the value; then at the next one, or at the end.</param>
    /// <param name="depth">The containers that are open; 0 at the end.</param>
    /// <param name="opened">Whether a container has just been opened.</param>
    private JsonProblem? GoOn(ReadOnlySpan<byte> text, ref int at, ref int depth, bool opened)
    {
        while (depth > 0)
        {
            ref JsonToken container = ref _tokens[_open[depth - 1]];
            bool inObject = container.Kind == JsonKind.Object;
            int close = inObject ? '}' : ']';
            at = opened ? at : SkipSpace(text, at);
            if (at < text.Length && text[at] == close)
            {
                at++;
                container.Length = at - container.Start;
                container.Next = Count;
                depth--;
                opened = false;
                continue;
            }

            if (!opened && Comma(text, ref at, close) is { } problem)
            {
                return problem;
            }

            return inObject ? Name(text, ref at) : null;
        }

        at = SkipSpace(text, at);
        return at == text.Length ? null : JsonProblem.AfterTheEnd(text, at);
    }

    private static JsonProblem? Comma(ReadOnlySpan<byte> text, ref int at, int close)
    {
        if (at >= text.Length || text[at] != ',')
        {
            return JsonProblem.Unexpected(text, at, $"',' or '{(char)close}'");
        }

        int comma = at;
        at = SkipSpace(text, at + 1);
        return at < text.Length && text[at] == close
            ? new JsonProblem(comma, "a comma before the closing bracket", "Remove the last comma.")
            : null;
    }

    private JsonProblem? Name(ReadOnlySpan<byte> text, ref int at)
    {
        if (at >= text.Length || text[at] != '"')
        {
            return JsonProblem.Unexpected(text, at, "a property name in double quotes");
        }

        if (Quoted(text, ref at, JsonKind.Name) is { } problem)
        {
            return problem;
        }

        at = SkipSpace(text, at);
        if (at >= text.Length || text[at] != ':')
        {
            return JsonProblem.Unexpected(text, at, "':'");
        }

        at = SkipSpace(text, at + 1);
        return null;
    }

    private bool Grow()
    {
        if (_tokens.Length >= _maxTokens)
        {
            return false;
        }

        Array.Resize(ref _tokens, Math.Min(_tokens.Length * 2, _maxTokens));
        return true;
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] <= 0x20 && text[at] is 0x20 or 0x0A or 0x0D or 0x09)
        {
            at++;
        }

        return at;
    }

    private JsonProblem? Quoted(ReadOnlySpan<byte> text, ref int at, JsonKind kind)
    {
        int start = at + 1;
        int i = start;
        JsonFlags flags = JsonFlags.None;
        while (true)
        {
            i = NextStop(text, i);
            if (i == text.Length)
            {
                return JsonProblem.Ends(text.Length, "inside a string that began earlier");
            }

            byte found = text[i];
            if (found == (byte)'"')
            {
                break;
            }

            if (found != (byte)'\\')
            {
                return JsonProblem.Control(text, i);
            }

            // Runs of escapes (CJK as \uXXXX) stay in this inner loop.
            do
            {
                if (JsonString.Escape(text, ref i, ref flags) is { } bad)
                {
                    return bad;
                }
            } while (i < text.Length && text[i] == (byte)'\\');
        }

        _tokens[Count] = new JsonToken
        {
            Start = start,
            Length = i - start,
            Next = Count + 1,
            Kind = kind,
            Flags = flags,
        };
        Count++;
        Flags |= flags;
        at = i + 1;
        return null;
    }

    /// <summary>The next quote, backslash or control character; the text's length when there is none.</summary>
    private static int NextStop(ReadOnlySpan<byte> text, int at)
    {
        for (; at + Vector256<byte>.Count <= text.Length; at += Vector256<byte>.Count)
        {
            Vector256<byte> bytes = Vector256.Create(text[at..]);
            uint stops = (
                Vector256.Equals(bytes, Vector256.Create((byte)'"'))
                | Vector256.Equals(bytes, Vector256.Create((byte)'\\'))
                | Vector256.LessThan(bytes, Vector256.Create((byte)0x20))
            ).ExtractMostSignificantBits();
            if (stops != 0)
            {
                return at + BitOperations.TrailingZeroCount(stops);
            }
        }

        int stop = text[at..].IndexOfAny(_stringStops);
        return stop < 0 ? text.Length : at + stop;
    }

    private JsonProblem? Scalar(ReadOnlySpan<byte> text, ref int at)
    {
        if (at >= text.Length)
        {
            return JsonProblem.Ends(at, "where a value is expected");
        }

        ReadOnlySpan<byte> rest = text[at..];
        JsonKind kind;
        int length;
        JsonFlags flags = JsonFlags.None;
        if (rest.StartsWith("true"u8))
        {
            (kind, length) = (JsonKind.True, 4);
        }
        else if (rest.StartsWith("false"u8))
        {
            (kind, length) = (JsonKind.False, 5);
        }
        else if (rest.StartsWith("null"u8))
        {
            (kind, length) = (JsonKind.Null, 4);
        }
        else
        {
            kind = JsonKind.Number;
            length = JsonNumber.Length(rest, out bool isLong);
            if (length <= 0)
            {
                return JsonProblem.NotAValue(text, at);
            }

            flags = isLong ? JsonFlags.LongNumber : JsonFlags.None;
        }

        if (at + length < text.Length && IsWord(text[at + length]))
        {
            return JsonProblem.NotAValue(text, at);
        }

        _tokens[Count] = new JsonToken
        {
            Start = at,
            Length = length,
            Next = Count + 1,
            Kind = kind,
            Flags = flags,
        };
        Count++;
        Flags |= flags;
        at += length;
        return null;
    }

    private static bool IsWord(byte value) => char.IsAsciiLetterOrDigit((char)value) || "_.+-"u8.Contains(value);
}
