using TorchSharp;

namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>
/// Products of row-major matrices in the processor's memory with fp32 results, which ATen has no word for: bf16 factors are not
/// rounded on the way, and fp32 ones run on libtorch's own threads instead of the BLAS library's. The same bits whatever the number
/// of threads: the result is cut into pieces that depend on its shape alone, each computed by one thread.
/// </summary>
public static unsafe class Gemm
{
    private static readonly Lazy<GemmLibrary?> _single = new(() => GemmLibrary.Find(half: false));
    private static readonly Lazy<GemmLibrary?> _half = new(() => GemmLibrary.Find(half: true));

    /// <summary>Whether this machine has it for factors of a type.</summary>
    public static bool Takes(torch.ScalarType factors) =>
        factors == torch.float32 ? _single.Value is not null : factors == torch.bfloat16 && _half.Value is not null;

    /// <summary>c = alpha · op(a) · op(b) + beta · c.</summary>
    /// <param name="factors">The type of a and b, float32 or bfloat16.</param>
    /// <param name="rows">Of op(a) and c.</param>
    /// <param name="columns">Of op(b) and c.</param>
    /// <param name="inner">Columns of op(a), rows of op(b).</param>
    /// <param name="alpha">The factor on the product.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="beta">The factor on what c holds; 0 overwrites it.</param>
    /// <param name="c">The result.</param>
    /// <param name="stride">Elements from one row of c to the next.</param>
    public static void Run(
        torch.ScalarType factors,
        long rows,
        long columns,
        long inner,
        float alpha,
        GemmFactor a,
        GemmFactor b,
        float beta,
        float* c,
        long stride
    )
    {
        bool half = factors == torch.bfloat16;
        GemmLibrary library =
            (half ? _half : _single).Value ?? throw new NotSupportedException($"no product of {factors}");
        GemmTask whole = new()
        {
            Rows = rows,
            Columns = columns,
            Inner = inner,
            Alpha = alpha,
            A = a,
            B = b,
            Beta = beta,
            C = c,
            Stride = stride,
        };
        if (TorchThreads.AtWork)
        {
            Multiply(library, whole);
            return;
        }

        (Cuts down, Cuts across) = Cuts.Of(rows, columns);
        int size = half ? sizeof(ushort) : sizeof(float);
        TorchThreads.For(
            down.Pieces * across.Pieces,
            piece => Multiply(library, Part(whole, down, across, piece, size)),
            2.0 * rows * columns * inner
        );
    }

    private static void Multiply(GemmLibrary library, in GemmTask task)
    {
        if (!library.TryRun(task))
        {
            throw new NotSupportedException(
                $"the library refuses a product of {task.Rows} x {task.Inner} and {task.Inner} x {task.Columns}"
            );
        }
    }

    private static GemmTask Part(in GemmTask whole, Cuts down, Cuts across, long piece, int size)
    {
        (long i, long j) = Math.DivRem(piece, across.Pieces);
        (long row, long column) = (down.Start(i), across.Start(j));
        return whole with
        {
            Rows = down.Start(i + 1) - row,
            Columns = across.Start(j + 1) - column,
            A = whole.A.Skip(rows: row, columns: 0, size),
            B = whole.B.Skip(rows: 0, columns: column, size),
            C = whole.C + (row * whole.Stride) + column,
        };
    }

    /// <summary>A side of a result cut into pieces.</summary>
    private readonly record struct Cuts(long Side, long Pieces)
    {
        // Of the libraries' inner kernels.
        private const long Tile = 48;
        private const long Large = 256;
        private const long Small = 64;
        private const long Most = 4;

        public long Start(long piece) => piece == Pieces ? Side : piece * Side / Pieces / Tile * Tile;

        /// <summary>Up to four pieces of a long side, for up to sixteen threads; at least four in all where the sides allow.</summary>
        public static (Cuts Down, Cuts Across) Of(long rows, long columns)
        {
            Cuts down = new(rows, Math.Clamp(rows / Large, 1, Most));
            Cuts across = new(columns, Math.Clamp(columns / Large, 1, Most));
            while (down.Pieces * across.Pieces < Most)
            {
                bool rowsAreLonger = rows / down.Pieces > columns / across.Pieces;
                Cuts longer = rowsAreLonger ? down : across;
                if (longer.Side / longer.Pieces < 2 * Small)
                {
                    break;
                }

                longer = longer with { Pieces = 2 * longer.Pieces };
                (down, across) = rowsAreLonger ? (longer, across) : (down, longer);
            }

            return (down, across);
        }
    }
}
