using System.Collections;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>A list that grows, of which only the head and the end are at hand; places count from the whole list's first.</summary>
/// <typeparam name="T">What it holds.</typeparam>
/// <param name="head">The items before the gap.</param>
/// <param name="from">The place of the first item behind the gap.</param>
public sealed class TailList<T>(IReadOnlyList<T> head, int from) : IReadOnlyList<T>
{
    private readonly List<T> _tail = [];

    /// <summary>An empty list without a gap.</summary>
    public TailList()
        : this([], 0) { }

    /// <summary>The items of the whole list, those of the gap included.</summary>
    public int Count => from + _tail.Count;

    /// <summary>The item at a place.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none, or it is in the gap.</exception>
    public T this[int index] => index < head.Count ? head[index] : _tail[index - from];

    /// <summary>Adds an item.</summary>
    public void Add(T item) => _tail.Add(item);

    /// <summary>The items at hand.</summary>
    public IEnumerator<T> GetEnumerator() => head.Concat(_tail).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
