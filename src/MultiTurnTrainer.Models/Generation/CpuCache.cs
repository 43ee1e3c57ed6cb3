namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Keys and values of rows in single precision, each row by itself: [layers][key heads, capacity, width]. A row grows
/// without moving the others.
/// </summary>
internal sealed unsafe class CpuCache(int layers, int heads, int width) : IDisposable
{
    private const int Growth = 256;
    private float* _data;
    private int _capacity;

    /// <summary>Tokens held.</summary>
    public int Length { get; private set; }

    /// <summary>Makes room for more tokens.</summary>
    public void Extend(int tokens)
    {
        int wanted = Length + tokens;
        if (wanted > _capacity)
        {
            Grow(Math.Max(wanted, _capacity + Math.Max(Growth, _capacity / 2)));
        }

        Length = wanted;
    }

    /// <summary>The keys of a layer's head, [capacity, width].</summary>
    public float* Keys(int layer, int head) => _data + (((2L * layer * heads) + head) * _capacity * width);

    /// <summary>The values of a layer's head, [capacity, width].</summary>
    public float* Values(int layer, int head) => _data + (((((2L * layer) + 1) * heads) + head) * _capacity * width);

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
    }

    private void Grow(int capacity)
    {
        long strips = 2L * layers * heads;
        float* data = (float*)NativeMemory.AlignedAlloc((nuint)(strips * capacity * width * sizeof(float)), 64);
        for (long strip = 0; strip < strips && Length > 0; strip++)
        {
            long bytes = (long)Length * width * sizeof(float);
            Buffer.MemoryCopy(_data + (strip * _capacity * width), data + (strip * capacity * width), bytes, bytes);
        }

        NativeMemory.AlignedFree(_data);
        _data = data;
        _capacity = capacity;
    }
}
