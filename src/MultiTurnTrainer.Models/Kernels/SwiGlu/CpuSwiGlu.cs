using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.SwiGlu;

/// <summary>The processor's backend: sixteen elements at a time, fp32 inside, spread over the cores.</summary>
internal static unsafe class CpuSwiGlu
{
    public static void Forward(torch.Tensor gate, torch.Tensor up, torch.Tensor h)
    {
        nint pg = (nint)TensorMemory.Pointer(gate);
        nint pu = (nint)TensorMemory.Pointer(up);
        nint ph = (nint)TensorMemory.Pointer(h);
        bool half = gate.dtype == torch.bfloat16;
        Workers.ForElements(
            gate.numel(),
            (from, to) =>
            {
                if (half)
                {
                    Forward<Bf16>((void*)pg, (void*)pu, (void*)ph, from, to);
                }
                else
                {
                    Forward<Fp32>((void*)pg, (void*)pu, (void*)ph, from, to);
                }
            }
        );
        Workers.KeepAlive(gate, up, h);
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
        Workers.ForElements(
            gate.numel(),
            (from, to) =>
            {
                if (half)
                {
                    Backward<Bf16>((void*)pg, (void*)pu, (void*)ph, (void*)qg, (void*)qu, from, to);
                }
                else
                {
                    Backward<Fp32>((void*)pg, (void*)pu, (void*)ph, (void*)qg, (void*)qu, from, to);
                }
            }
        );
        Workers.KeepAlive(gate, up, dh, dgate, dup);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<T>(void* gate, void* up, void* h, long from, long to)
        where T : struct, IElement
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            Vector512<float> g = T.Load(gate, i);
            T.Store(h, i, g * Simd.Sigmoid(g) * T.Load(up, i));
        }

        for (; i < to; i++)
        {
            float g = T.Load1(gate, i);
            T.Store1(h, i, g * Sigmoid(g) * T.Load1(up, i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T>(void* gate, void* up, void* dh, void* dgate, void* dup, long from, long to)
        where T : struct, IElement
    {
        long i = from;
        for (; i <= to - Simd.Width; i += Simd.Width)
        {
            Vector512<float> g = T.Load(gate, i);
            Vector512<float> s = Simd.Sigmoid(g);
            Vector512<float> open = T.Load(dh, i) * s;
            T.Store(dgate, i, open * T.Load(up, i) * (Vector512<float>.One + (g * (Vector512<float>.One - s))));
            T.Store(dup, i, open * g);
        }

        for (; i < to; i++)
        {
            float g = T.Load1(gate, i);
            float s = Sigmoid(g);
            float open = T.Load1(dh, i) * s;
            T.Store1(dgate, i, open * T.Load1(up, i) * (1 + (g * (1 - s))));
            T.Store1(dup, i, open * g);
        }
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
