using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Kernels.Cpu;
using TorchSharp;

namespace MultiTurnTrainer.Models.Kernels.SwiGlu;

/// <summary>The processor's face: sixteen elements at a time, fp32 inside, spread over the cores.</summary>
internal static unsafe class CpuSwiGlu
{
    public static void Forward(torch.Tensor gate, torch.Tensor up, torch.Tensor h)
    {
        nint pg = (nint)TensorMemory.Pointer(gate);
        nint pu = (nint)TensorMemory.Pointer(up);
        nint ph = (nint)TensorMemory.Pointer(h);
        bool half = gate.dtype == torch.bfloat16;
        Workers.For(
            gate.numel(),
            1,
            (from, to) =>
            {
                if (half)
                {
                    Forward((ushort*)pg, (ushort*)pu, (ushort*)ph, from, to);
                }
                else
                {
                    Forward((float*)pg, (float*)pu, (float*)ph, from, to);
                }
            }
        );
        GC.KeepAlive(gate);
        GC.KeepAlive(up);
        GC.KeepAlive(h);
    }

    public static void Backward(
        torch.Tensor gate,
        torch.Tensor up,
        torch.Tensor dh,
        torch.Tensor dgate,
        torch.Tensor dup
    )
    {
        nint pg = (nint)TensorMemory.Pointer(gate);
        nint pu = (nint)TensorMemory.Pointer(up);
        nint ph = (nint)TensorMemory.Pointer(dh);
        nint qg = (nint)TensorMemory.Pointer(dgate);
        nint qu = (nint)TensorMemory.Pointer(dup);
        bool half = gate.dtype == torch.bfloat16;
        Workers.For(
            gate.numel(),
            1,
            (from, to) =>
            {
                if (half)
                {
                    Backward((ushort*)pg, (ushort*)pu, (ushort*)ph, (ushort*)qg, (ushort*)qu, from, to);
                }
                else
                {
                    Backward((float*)pg, (float*)pu, (float*)ph, (float*)qg, (float*)qu, from, to);
                }
            }
        );
        GC.KeepAlive(gate);
        GC.KeepAlive(up);
        GC.KeepAlive(dh);
        GC.KeepAlive(dgate);
        GC.KeepAlive(dup);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward(float* gate, float* up, float* h, long from, long to)
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            Vector512<float> g = Simd.Load(gate + i);
            (g * Simd.Sigmoid(g) * Simd.Load(up + i)).Store(h + i);
        }

        for (; i < to; i++)
        {
            h[i] = gate[i] * Sigmoid(gate[i]) * up[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward(ushort* gate, ushort* up, ushort* h, long from, long to)
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            Vector512<float> g = Simd.Load(gate + i);
            Simd.Store(h + i, g * Simd.Sigmoid(g) * Simd.Load(up + i));
        }

        for (; i < to; i++)
        {
            float g = Simd.Load1(gate + i);
            h[i] = Simd.ToBf16(g * Sigmoid(g) * Simd.Load1(up + i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward(float* gate, float* up, float* dh, float* dgate, float* dup, long from, long to)
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            (Vector512<float> dg, Vector512<float> du) = Slope(
                Simd.Load(gate + i),
                Simd.Load(up + i),
                Simd.Load(dh + i)
            );
            dg.Store(dgate + i);
            du.Store(dup + i);
        }

        for (; i < to; i++)
        {
            (dgate[i], dup[i]) = Slope(gate[i], up[i], dh[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward(ushort* gate, ushort* up, ushort* dh, ushort* dgate, ushort* dup, long from, long to)
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            (Vector512<float> dg, Vector512<float> du) = Slope(
                Simd.Load(gate + i),
                Simd.Load(up + i),
                Simd.Load(dh + i)
            );
            Simd.Store(dgate + i, dg);
            Simd.Store(dup + i, du);
        }

        for (; i < to; i++)
        {
            (float dg, float du) = Slope(Simd.Load1(gate + i), Simd.Load1(up + i), Simd.Load1(dh + i));
            dgate[i] = Simd.ToBf16(dg);
            dup[i] = Simd.ToBf16(du);
        }
    }

    private static (Vector512<float> Gate, Vector512<float> Up) Slope(
        Vector512<float> g,
        Vector512<float> u,
        Vector512<float> d
    )
    {
        Vector512<float> s = Simd.Sigmoid(g);
        Vector512<float> open = d * s;
        return (open * u * (Vector512<float>.One + (g * (Vector512<float>.One - s))), open * g);
    }

    private static (float Gate, float Up) Slope(float g, float u, float d)
    {
        float s = Sigmoid(g);
        return (d * s * u * (1 + (g * (1 - s))), d * s * g);
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
