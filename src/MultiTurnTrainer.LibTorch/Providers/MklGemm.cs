using unsafe Half = delegate* unmanaged<
    int,
    int,
    int,
    int,
    int,
    int,
    float,
    void*,
    int,
    void*,
    int,
    float,
    void*,
    int,
    void>;
using unsafe LimitThreads = delegate* unmanaged<int, int>;
using unsafe Single = delegate* unmanaged<
    byte*,
    byte*,
    int*,
    int*,
    int*,
    float*,
    void*,
    int*,
    void*,
    int*,
    float*,
    float*,
    int*,
    void>;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>Intel MKL's product: of fp32 factors through BLAS's interface, of bf16 ones through C's.</summary>
internal sealed unsafe class MklGemm : GemmLibrary
{
    private const int RowMajor = 101;
    private const int Plain = 111;
    private const int Transposed = 112;

    private readonly LimitThreads _limit;
    private readonly Single _single;
    private readonly Half _half;

    private MklGemm(LimitThreads limit, Single single, Half half)
    {
        _limit = limit;
        _single = single;
        _half = half;
    }

    public static new MklGemm? Find(bool half)
    {
        LimitThreads limit = (LimitThreads)TorchRuntime.Symbol("MKL_Set_Num_Threads_Local");
        nint kernel = TorchRuntime.Symbol(half ? "cblas_gemm_bf16bf16f32" : "sgemm_");
        return limit is null || kernel == 0 ? null
            : half ? new(limit, null, (Half)kernel)
            : new(limit, (Single)kernel, null);
    }

    public override bool TryRun(in GemmTask task)
    {
        int before = _limit(1);
        if (_half is not null)
        {
            MultiplyHalf(task);
        }
        else
        {
            MultiplySingle(task);
        }

        _ = _limit(before);
        return true;
    }

    // BLAS counts in columns: the transpose of the result is the product of the transposes.
    private void MultiplySingle(in GemmTask task)
    {
        byte first = Letter(task.B);
        byte second = Letter(task.A);
        int rows = checked((int)task.Columns);
        int columns = checked((int)task.Rows);
        int inner = checked((int)task.Inner);
        float alpha = task.Alpha;
        float beta = task.Beta;
        int firstStride = checked((int)task.B.Stride);
        int secondStride = checked((int)task.A.Stride);
        int stride = checked((int)task.Stride);
        _single(
            &first,
            &second,
            &rows,
            &columns,
            &inner,
            &alpha,
            task.B.Data,
            &firstStride,
            task.A.Data,
            &secondStride,
            &beta,
            task.C,
            &stride
        );
    }

    private void MultiplyHalf(in GemmTask task) =>
        _half(
            RowMajor,
            task.A.Transposed ? Transposed : Plain,
            task.B.Transposed ? Transposed : Plain,
            checked((int)task.Rows),
            checked((int)task.Columns),
            checked((int)task.Inner),
            task.Alpha,
            task.A.Data,
            checked((int)task.A.Stride),
            task.B.Data,
            checked((int)task.B.Stride),
            task.Beta,
            task.C,
            checked((int)task.Stride)
        );

    private static byte Letter(GemmFactor factor) => factor.Transposed ? (byte)'T' : (byte)'N';
}
