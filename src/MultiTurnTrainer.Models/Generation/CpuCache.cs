using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Keys and values of rows in single precision, each row by itself: [layers][key heads, capacity, width]. A row grows
/// without moving the others.
/// </summary>
/// <param name="layers">Of the model.</param>
/// <param name="heads">Key heads.</param>
/// <param name="width">Of a head.</param>
/// <param name="growth">Tokens to make room for at once, at least. Memory that is never written costs nothing.</param>
internal sealed unsafe class CpuCache(int layers, int heads, int width, int growth) : ISequenceCache
{
    private float* _data;
    private int _capacity;

    /// <summary>Tokens held.</summary>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public long Bytes => 2L * layers * heads * _capacity * width * sizeof(float);

    /// <inheritdoc/>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>A layer's keys and values of the first tokens, [heads, tokens, width] each.</summary>
    public (Tensor Keys, Tensor Values) Read(int layer, int tokens, ScalarType type)
    {
        long[] shape = [heads, tokens, width];
        float[] copy = new float[heads * tokens * width];
        Tensor Copy(Func<int, nint> strip)
        {
            for (int head = 0; head < heads; head++)
            {
                new ReadOnlySpan<float>((float*)strip(head), tokens * width).CopyTo(copy.AsSpan(head * tokens * width));
            }

            return Tensors.From(copy, shape, type, CPU);
        }

        return (Copy(head => (nint)Keys(layer, head)), Copy(head => (nint)Values(layer, head)));
    }

    /// <summary>Writes a layer's keys and values, [tokens, heads, width] each, as those of the last tokens.</summary>
    public void Write(int layer, Tensor keys, Tensor values, int tokens)
    {
        float[] allKeys = Tensors.ToArray(keys);
        float[] allValues = Tensors.ToArray(values);
        for (int head = 0; head < heads; head++)
        {
            float* keyTarget = Keys(layer, head) + ((long)(Length - tokens) * width);
            float* valueTarget = Values(layer, head) + ((long)(Length - tokens) * width);
            for (int t = 0; t < tokens; t++)
            {
                int source = ((t * heads) + head) * width;
                allKeys.AsSpan(source, width).CopyTo(new Span<float>(keyTarget + ((long)t * width), width));
                allValues.AsSpan(source, width).CopyTo(new Span<float>(valueTarget + ((long)t * width), width));
            }
        }
    }

    /// <summary>Makes room for more tokens.</summary>
    public void Extend(int tokens)
    {
        int wanted = Length + tokens;
        if (wanted > _capacity)
        {
            Grow(wanted + (_capacity == 0 ? growth : Math.Max(growth, _capacity / 2)));
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
