namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// Room for runs of ids that are written once and read from then on. Threads share it: each takes its own room, and what
/// lies in it is seen by whoever is shown the place afterwards.
/// </summary>
internal sealed class IdArena
{
    private const int SegmentBits = 16;
    private const int Segment = 1 << SegmentBits;
    private const int Segments = 32;

    private readonly int[]?[] _segments = new int[Segments][];
    private Counter _taken;

    /// <summary>Whether no more runs are taken.</summary>
    public bool IsFull => Volatile.Read(ref _taken.Value) >= Segment * Segments;

    /// <summary>The ids of a place.</summary>
    public ReadOnlySpan<int> Read(int place, int count) =>
        _segments[place >> SegmentBits].AsSpan(place & (Segment - 1), count);

    /// <summary>Copies ids to a place, or gives −1 where there is no room.</summary>
    public int Write(ReadOnlySpan<int> ids)
    {
        // A run that would lie in two segments leaves its room unused; so does one that comes too late.
        int place = Interlocked.Add(ref _taken.Value, ids.Length) - ids.Length;
        int at = place & (Segment - 1);
        if (place < 0 || place >= Segment * Segments || at + ids.Length > Segment)
        {
            return -1;
        }

        ref int[]? segment = ref _segments[place >> SegmentBits];
        if (segment is null)
        {
            Interlocked.CompareExchange(ref segment, new int[Segment], null);
        }

        ids.CopyTo(segment.AsSpan(at));
        return place;
    }

    // Alone on its cache lines, so that taking room does not disturb readers.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Counter
    {
        [FieldOffset(128)]
        public int Value;
    }
}
