using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Norm;

/// <summary>The processor's backend: fp32 inside, rows spread over the cores.</summary>
internal static unsafe class CpuRmsNorm
{
    public static void Forward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor y,
        torch.Tensor inverse,
        float epsilon,
        bool addsOne
    )
    {
        int width = checked((int)x.size(-1));
        bool half = x.dtype == torch.bfloat16;
        nint px = (nint)TensorMemory.Pointer(x);
        nint py = (nint)TensorMemory.Pointer(y);
        nint pi = (nint)TensorMemory.Pointer(inverse);
        float[] w = Weight(weight, addsOne);
        Workers.For(
            x.numel() / width,
            width,
            (from, to) =>
            {
                float[] buffer = new float[width];
                fixed (float* scale = w)
                fixed (float* wide = buffer)
                {
                    for (long i = from; i < to; i++)
                    {
                        float* source = half ? wide : (float*)px + (i * width);
                        if (half)
                        {
                            Simd.Widen((ushort*)px + (i * width), wide, width);
                        }

                        float r = 1 / MathF.Sqrt((Simd.Dot(source, source, width) / width) + epsilon);
                        ((float*)pi)[i] = r;
                        if (half)
                        {
                            Scale<Bf16>(source, scale, (void*)py, i * width, width, r, round: !addsOne);
                        }
                        else
                        {
                            Scale<Fp32>(source, scale, (void*)py, i * width, width, r, round: false);
                        }
                    }
                }
            }
        );
        Workers.KeepAlive(x, y, inverse);
    }

    public static void Backward(
        torch.Tensor x,
        torch.Tensor weight,
        torch.Tensor dy,
        torch.Tensor inverse,
        torch.Tensor dx,
        bool addsOne
    )
    {
        int width = checked((int)x.size(-1));
        bool half = x.dtype == torch.bfloat16;
        nint px = (nint)TensorMemory.Pointer(x);
        nint pd = (nint)TensorMemory.Pointer(dy);
        nint pr = (nint)TensorMemory.Pointer(dx);
        nint pi = (nint)TensorMemory.Pointer(inverse);
        float[] w = Weight(weight, addsOne);
        Workers.For(
            x.numel() / width,
            width,
            (from, to) =>
            {
                float[] buffers = new float[3 * width];
                fixed (float* scale = w)
                fixed (float* scratch = buffers)
                {
                    float* g = scratch + (2 * width);
                    for (long i = from; i < to; i++)
                    {
                        float* a = half ? scratch : (float*)px + (i * width);
                        float* d = half ? scratch + width : (float*)pd + (i * width);
                        if (half)
                        {
                            Simd.Widen((ushort*)px + (i * width), a, width);
                            Simd.Widen((ushort*)pd + (i * width), d, width);
                        }

                        float r = ((float*)pi)[i];
                        Multiply(d, scale, g, width);
                        float pull = Simd.Dot(g, a, width) * r * r / width;
                        float* result = half ? g : (float*)pr + (i * width);
                        Combine(a, g, result, width, r, pull);
                        if (half)
                        {
                            Simd.Narrow(g, (ushort*)pr + (i * width), width);
                        }
                    }
                }
            }
        );
        Workers.KeepAlive(x, dy, dx, inverse);
    }

    private static float[] Weight(torch.Tensor weight, bool addsOne)
    {
        using torch.Tensor wide = weight.to(torch.float32);
        float[] values = wide.data<float>().ToArray();
        return addsOne ? Array.ConvertAll(values, value => value + 1) : values;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply(float* a, float* b, float* product, int count)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            (Simd.Load(a + i) * Simd.Load(b + i)).Store(product + i);
        }

        for (; i < count; i++)
        {
            product[i] = a[i] * b[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Combine(float* x, float* g, float* result, int count, float r, float pull)
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            ((Simd.Load(g + i) - (Simd.Load(x + i) * pull)) * r).Store(result + i);
        }

        for (; i < count; i++)
        {
            result[i] = (g[i] - (x[i] * pull)) * r;
        }
    }

    // y = x r w; x r is rounded first where the type is narrower and the model says so.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<T>(float* x, float* weight, void* y, long start, int count, float r, bool round)
        where T : struct, IElement
    {
        int i = 0;
        for (; i <= count - Simd.Width; i += Simd.Width)
        {
            Vector512<float> normal = Simd.Load(x + i) * r;
            if (round)
            {
                T.Store(y, start + i, normal);
                normal = T.Load(y, start + i);
            }

            T.Store(y, start + i, normal * Simd.Load(weight + i));
        }

        for (; i < count; i++)
        {
            float normal = x[i] * r;
            if (round)
            {
                T.Store1(y, start + i, normal);
                normal = T.Load1(y, start + i);
            }

            T.Store1(y, start + i, normal * weight[i]);
        }
    }
}
