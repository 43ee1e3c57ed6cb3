using System.Collections;

namespace MultiTurnTrainer.Files.Json;

/// <summary>The elements of an array, none by default; nothing is allocated unless it is used as an interface.</summary>
public readonly struct JsonItems : IEnumerable<JsonView>
{
    private readonly JsonTape? _tape;
    private readonly int _array;

    internal JsonItems(JsonTape tape, int array)
    {
        _tape = tape;
        _array = array;
    }

    /// <summary>From the first on.</summary>
    public Enumerator GetEnumerator() => new(_tape, _array);

    IEnumerator<JsonView> IEnumerable<JsonView>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Goes over the elements.</summary>
    public struct Enumerator : IEnumerator<JsonView>
    {
        private readonly JsonTape? _tape;
        private readonly int _array;
        private int _next;

        internal Enumerator(JsonTape? tape, int array)
        {
            _tape = tape;
            _array = array;
            _next = array + 1;
        }

        /// <inheritdoc/>
        public JsonView Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_tape is null || _next >= _tape[_array].Next)
            {
                return false;
            }

            Current = new JsonView(_tape, _next);
            _next = _tape[_next].Next;
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _next = _array + 1;

        /// <inheritdoc/>
        public readonly void Dispose() { }
    }
}
