// Folder Cpu: vectors of sixteen floats and the threads that rows are spread over.
// Refuses to know: tensors' shapes, what a row means.

namespace MultiTurnTrainer.Models.Kernels.Cpu;

/// <summary>
/// Sixteen floats at a time: the conversions, functions and sums that the CPU kernels share. Loops over rows are compiled with full
/// optimisation at once: the first tier would leave the vector operations uncompiled calls.
/// </summary>
internal static unsafe class Simd
{
    public const int Width = 16;

    // exp(x) = 2^n exp(r): n = round(x / ln 2), |r| <= ln 2 / 2, ln 2 in two parts (Cephes, expf); about 2 ulp.
    private const float Log2E = 1.44269504088896341f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;
    private const float Lowest = -87.3365f;
    private const float Highest = 88.3762f;

    /// <summary>exp(x); 0 below -87.3, and the greatest float's neighbourhood above 88.3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        Vector512<float> low = Vector512.LessThan(x, Vector512.Create(Lowest));
        x = Vector512.Max(Vector512.Min(x, Vector512.Create(Highest)), Vector512.Create(Lowest));
        Vector512<float> n = Vector512.Round(x * Vector512.Create(Log2E));
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512.Create(1f));
        Vector512<int> power = (Vector512.ConvertToInt32(n) + Vector512.Create(127)) << 23;
        return Vector512.AndNot(p * power.AsSingle(), low);
    }

    /// <summary>1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) =>
        Vector512.Create(1f) / (Vector512.Create(1f) + Exp(-x));

    /// <summary>tanh(x) = 2 sigmoid(2x) - 1, and x itself where that would cancel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> square = x * x;
        // x - x³/3 + 2x⁵/15 - 17x⁷/315: below 0.15 its error is under one part in 10⁷.
        Vector512<float> series = Vector512.Create(-17f / 315);
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(2f / 15));
        series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(-1f / 3));
        series = Vector512.FusedMultiplyAdd(series * square, x, x);
        Vector512<float> whole = Vector512.Create(2f) * Sigmoid(x + x) - Vector512.Create(1f);
        return Vector512.ConditionalSelect(
            Vector512.LessThan(Vector512.Abs(x), Vector512.Create(0.15f)),
            series,
            whole
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ushort* source)
    {
        (Vector256<uint> lower, Vector256<uint> upper) = Vector256.Widen(Vector256.Load(source));
        return (Vector512.Create(lower, upper) << 16).AsSingle();
    }

    /// <summary>Rounds to nearest, ties to even; a NaN stays one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ushort* target, Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = (bits + Vector512.Create(0x7fffu) + ((bits >>> 16) & Vector512.Create(1u))) >>> 16;
        Vector512<uint> nan = Vector512.Equals(value, value).AsUInt32();
        rounded = Vector512.ConditionalSelect(nan, rounded, Vector512.Create(0x7fc0u));
        Vector256.Narrow(rounded.GetLower(), rounded.GetUpper()).Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load1(ushort* source) => BitConverter.UInt32BitsToSingle((uint)*source << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBf16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Widens a row of bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(ushort* source, float* target, int count)
    {
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Load(source + i).Store(target + i);
        }

        for (; i < count; i++)
        {
            target[i] = Load1(source + i);
        }
    }

    /// <summary>Rounds a row to bf16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(float* source, ushort* target, int count)
    {
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            Store(target + i, Vector512.Load(source + i));
        }

        for (; i < count; i++)
        {
            target[i] = ToBf16(source[i]);
        }
    }

    /// <summary>Σ a·b: sixteen sums in the order of the elements, then what is left over, one by one.</summary>
    public static float Dot(float* a, float* b, int count) => Dot<Fp32>(a, b, 0, count);

    /// <summary>The same with <paramref name="b"/> as stored, from an index on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot<T>(float* a, void* b, long start, int count)
        where T : struct, IElement
    {
        Vector512<float> sum = Vector512<float>.Zero;
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            sum = Vector512.FusedMultiplyAdd(Load(a + i), T.Load(b, start + i), sum);
        }

        return AddRest<T>(Vector512.Sum(sum), a, b, start, i, count);
    }

    /// <summary>The elements of a dot product that fill no vector, added to the others' sum.</summary>
    public static float AddRest<T>(float sum, float* a, void* b, long start, int first, int count)
        where T : struct, IElement
    {
        for (int i = first; i < count; i++)
        {
            sum += a[i] * T.Load1(b, start + i);
        }

        return sum;
    }

    /// <summary>The greatest of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Max(float* row, int count)
    {
        Vector512<float> a = Vector512.Create(float.NegativeInfinity);
        Vector512<float> b = a;
        int i = 0;
        for (; i <= count - (2 * Width); i += 2 * Width)
        {
            a = Vector512.Max(a, Load(row + i));
            b = Vector512.Max(b, Load(row + i + Width));
        }

        a = Vector512.Max(a, b);
        float max = float.NegativeInfinity;
        for (int lane = 0; lane < Width; lane++)
        {
            max = MathF.Max(max, a[lane]);
        }

        for (; i < count; i++)
        {
            max = MathF.Max(max, row[i]);
        }

        return max;
    }

    /// <summary>Every element by a factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* row, int count, float factor)
    {
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Load(row + i) * factor).Store(row + i);
        }

        for (; i < count; i++)
        {
            row[i] *= factor;
        }
    }

    /// <summary>Every element to cap · tanh(element / cap).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap(float* row, int count, float cap)
    {
        Vector512<float> inverse = Vector512.Create(1 / cap);
        int i = 0;
        for (; i <= count - Width; i += Width)
        {
            (Tanh(Load(row + i) * inverse) * cap).Store(row + i);
        }

        for (; i < count; i++)
        {
            row[i] = cap * MathF.Tanh(row[i] / cap);
        }
    }
}
