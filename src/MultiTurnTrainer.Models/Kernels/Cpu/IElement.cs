namespace MultiTurnTrainer.Models.Kernels.Cpu;

/// <summary>A stored type of numbers that are computed with in fp32: loops over rows are written once for both.</summary>
internal unsafe interface IElement
{
    /// <summary>Sixteen from an index on.</summary>
    static abstract Vector512<float> Load(void* source, long index);

    /// <summary>Sixteen, rounded to the type.</summary>
    static abstract void Store(void* target, long index, Vector512<float> values);

    /// <summary>One.</summary>
    static abstract float Load1(void* source, long index);

    /// <summary>One, rounded to the type.</summary>
    static abstract void Store1(void* target, long index, float value);

    /// <summary>Asks for a cache line before its turn; harmless past the end.</summary>
    static abstract void Prefetch(void* source, long index);
}

/// <summary>32 bits.</summary>
internal readonly unsafe struct Fp32 : IElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* source, long index) => Vector512.Load((float*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* target, long index, Vector512<float> values) => values.Store((float*)target + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load1(void* source, long index) => ((float*)source)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store1(void* target, long index, float value) => ((float*)target)[index] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* source, long index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((float*)source + index);
        }
    }
}

/// <summary>16 bits with fp32's exponent.</summary>
internal readonly unsafe struct Bf16 : IElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* source, long index) => Simd.Load((ushort*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(void* target, long index, Vector512<float> values) =>
        Simd.Store((ushort*)target + index, values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load1(void* source, long index) => Simd.Load1((ushort*)source + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store1(void* target, long index, float value) => ((ushort*)target)[index] = Simd.ToBf16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* source, long index)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0((ushort*)source + index);
        }
    }
}
