using System.Collections;

namespace MultiTurnTrainer.Files.Json;

/// <summary>The properties of an object, none by default; nothing is allocated unless it is used as an interface.</summary>
public readonly struct JsonMembers : IEnumerable<JsonMember>
{
    private readonly JsonTape? _tape;
    private readonly int _object;

    internal JsonMembers(JsonTape tape, int owner)
    {
        _tape = tape;
        _object = owner;
    }

    /// <summary>From the first on.</summary>
    public Enumerator GetEnumerator() => new(_tape, _object);

    IEnumerator<JsonMember> IEnumerable<JsonMember>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes over the properties.</summary>
    public struct Enumerator : IEnumerator<JsonMember>
    {
        private readonly JsonTape? _tape;
        private readonly int _object;
        private int _next;

        internal Enumerator(JsonTape? tape, int owner)
        {
            _tape = tape;
            _object = owner;
            _next = owner + 1;
        }

        /// <inheritdoc/>
        public JsonMember Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_tape is null || _next >= _tape[_object].Next)
            {
                return false;
            }

            Current = new JsonMember(_tape, _next);
            _next = _tape[_next + 1].Next;
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _next = _object + 1;

        /// <inheritdoc/>
        public readonly void Dispose() { }
    }
}

/// <summary>A property of an object.</summary>
public readonly struct JsonMember
{
    private readonly JsonTape _tape;
    private readonly int _name;

    internal JsonMember(JsonTape tape, int name)
    {
        _tape = tape;
        _name = name;
    }

    /// <summary>Its name; made anew each time.</summary>
    public string Name => _tape.String(_name);

    /// <summary>Its name as written, in UTF-8 without the quotes.</summary>
    public ReadOnlySpan<byte> RawName => _tape.Raw(_name);

    /// <summary>Writes name and value.</summary>
    public void WriteTo(JsonWriter json) => WriteTo(json.Inner);

    /// <inheritdoc cref="WriteTo(JsonWriter)"/>
    internal void WriteTo(Utf8JsonWriter json)
    {
        JsonTapeWriter.WriteName(_tape, _name, json);
        Value.WriteTo(json);
    }

    /// <summary>Whether the name holds half of a surrogate pair, for which <see cref="Name"/> has U+FFFD.</summary>
    public bool HasLoneSurrogate => (_tape[_name].Flags & JsonFlags.LoneSurrogate) != 0;

    /// <summary>Its value.</summary>
    public JsonView Value => new(_tape, _name + 1);

    /// <summary>Whether it has this name.</summary>
    public bool NameEquals(ReadOnlySpan<byte> name) => _tape.Is(_name, name);
}
