// Shapes: q queries of a block, c keys they may see, d width of a head; rows of one head lie h d (keys: k d) apart.
using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>
/// Attention's products and what stands between them, for one head of one sequence on one thread: the factors are read where they
/// lie, the scores never leave the thread's scratch. fp32 inside; weights and slopes are rounded only as factors of bf16 products.
/// Every result is written by one task, so the bits do not depend on the number of threads.
/// </summary>
internal sealed unsafe class CpuAttentionTask
{
    private readonly AttentionSpan _span;
    private readonly torch.Tensor[] _tensors;
    private readonly torch.ScalarType _type;
    private readonly int _heads;
    private readonly int _keyHeads;
    private readonly int _width;
    private readonly nint _query;
    private readonly nint _key;
    private readonly nint _value;
    private readonly nint _output;
    private readonly float* _lse;

    /// <summary>Over contiguous tensors of one type, fp32 or bf16.</summary>
    /// <param name="span">The sequences.</param>
    /// <param name="query">[tokens, heads, width].</param>
    /// <param name="key">[tokens, key heads, width].</param>
    /// <param name="value">[tokens, key heads, width].</param>
    /// <param name="output">[tokens, heads · width]: written by the forward; its gradient, read by the backward.</param>
    /// <param name="lse">[tokens · heads] fp32: the scores' log-sum-exp, written by the forward.</param>
    public CpuAttentionTask(
        AttentionSpan span,
        torch.Tensor query,
        torch.Tensor key,
        torch.Tensor value,
        torch.Tensor output,
        torch.Tensor lse
    )
    {
        _span = span;
        _tensors = [query, key, value, output, lse];
        _type = query.dtype;
        (_heads, _keyHeads, _width) = ((int)query.size(1), (int)key.size(1), (int)query.size(2));
        _query = (nint)TensorMemory.Pointer(query);
        _key = (nint)TensorMemory.Pointer(key);
        _value = (nint)TensorMemory.Pointer(value);
        _output = (nint)TensorMemory.Pointer(output);
        _lse = (float*)TensorMemory.Pointer(lse);
    }

    // Of one product over all heads; scores that are hidden are half of them.
    private double Operations => _span.Pairs * _width * _heads;

    private int Group => _heads / _keyHeads;

    private bool Half => _type == torch.bfloat16;

    private int Size => Half ? sizeof(ushort) : sizeof(float);

    /// <summary>Writes the output and the log-sum-exp.</summary>
    public void Forward()
    {
        long scores = (long)_span.MostQueries * _span.Longest;
        Workers.ForEach(
            (long)_span.Sequences * _heads,
            2 * Operations,
            task =>
            {
                using Scratch scratch = new(scores, scores, (long)_span.MostQueries * _width);
                int head = (int)(task % _heads);
                foreach (AttentionBlock block in _span.Blocks((int)(task / _heads)))
                {
                    Forward(block, head, scratch);
                }
            }
        );
        Workers.KeepAlive(_tensors);
    }

    /// <summary>Writes the gradients of the inputs, of their shapes.</summary>
    public void Backward(torch.Tensor dquery, torch.Tensor dkey, torch.Tensor dvalue)
    {
        nint dq = (nint)TensorMemory.Pointer(dquery);
        nint dk = (nint)TensorMemory.Pointer(dkey);
        nint dv = (nint)TensorMemory.Pointer(dvalue);
        long scores = (long)_span.MostQueries * _span.Longest;
        long keys = (long)_span.Longest * _width;
        Workers.ForEach(
            (long)_span.Sequences * _keyHeads,
            5 * Operations,
            task =>
            {
                using Scratch scratch = new(
                    scores,
                    scores,
                    scores,
                    scores,
                    keys,
                    keys,
                    (long)_span.MostQueries * _width
                );
                int sequence = (int)(task / _keyHeads);
                int keyHead = (int)(task % _keyHeads);
                int start = _span.Starts[sequence];
                int length = _span.Starts[sequence + 1] - start;
                scratch.Clear(4, (long)length * _width);
                scratch.Clear(5, (long)length * _width);
                foreach (AttentionBlock block in _span.Blocks(sequence))
                {
                    for (int head = keyHead * Group; head < (keyHead + 1) * Group; head++)
                    {
                        Backward(block, start, head, dq, scratch);
                    }
                }

                Write(scratch[4], dk, start, length, keyHead, _keyHeads);
                Write(scratch[5], dv, start, length, keyHead, _keyHeads);
            }
        );
        Workers.KeepAlive([.. _tensors, dquery, dkey, dvalue]);
    }

    private void Forward(AttentionBlock block, int head, Scratch scratch)
    {
        float* scores = scratch[0];
        float* mixed = scratch[2];
        GemmFactor query = Factor(_query, block.FirstQuery, head, _heads);
        GemmFactor keys = Factor(_key, block.FirstKey, head / Group, _keyHeads, transposed: true);
        Multiply(block.Queries, block.Keys, _width, _span.Scale, query, keys, 0, scores, block.Keys); // [q, d] [d, c] -> [q, c]
        void* weights = Half ? scratch[1] : scores;
        float* sums = stackalloc float[block.Queries];
        for (int i = 0; i < block.Queries; i++)
        {
            (int first, int end) = block.Visible(i);
            float* line = scores + ((long)i * block.Keys);
            sums[i] = AttentionRow.Softmax(line + first, end - first, _span.Softcap, out float lse);
            _lse[((long)(block.FirstQuery + i) * _heads) + head] = lse;
            Round(line, weights, (long)i * block.Keys, first, end, block.Keys);
        }

        GemmFactor values = Factor(_value, block.FirstKey, head / Group, _keyHeads);
        Multiply(block.Queries, _width, block.Keys, 1, new(weights, block.Keys), values, 0, mixed, _width); // [q, c] [c, d] -> [q, d]
        for (int i = 0; i < block.Queries; i++)
        {
            Simd.Multiply(mixed + ((long)i * _width), _width, 1 / sums[i]);
        }

        Write(mixed, _output, block.FirstQuery, block.Queries, head, _heads);
    }

    private void Backward(AttentionBlock block, int start, int head, nint dquery, Scratch scratch)
    {
        float* scores = scratch[0];
        float* slopes = scratch[1];
        float* change = scratch[6];
        GemmFactor query = Factor(_query, block.FirstQuery, head, _heads);
        GemmFactor given = Factor(_output, block.FirstQuery, head, _heads);
        GemmFactor keys = Factor(_key, block.FirstKey, head / Group, _keyHeads);
        GemmFactor values = Factor(_value, block.FirstKey, head / Group, _keyHeads);
        int count = block.Keys;
        Multiply(block.Queries, count, _width, _span.Scale, query, keys.Transpose(), 0, scores, count); // [q, d] [d, c] -> [q, c]
        Multiply(block.Queries, count, _width, 1, given, values.Transpose(), 0, slopes, count); // [q, d] [d, c] -> [q, c]
        void* weights = Half ? scratch[2] : scores;
        void* pulls = Half ? scratch[3] : slopes;
        for (int i = 0; i < block.Queries; i++)
        {
            (int first, int end) = block.Visible(i);
            long at = (long)i * count;
            float lse = _lse[((long)(block.FirstQuery + i) * _heads) + head];
            AttentionRow.Backward(scores + at + first, slopes + at + first, end - first, lse, _span.Softcap);
            Round(scores + at, weights, at, first, end, count);
            Round(slopes + at, pulls, at, first, end, count);
        }

        Multiply(block.Queries, _width, count, _span.Scale, new(pulls, count), keys, 0, change, _width); // [q, c] [c, d] -> [q, d]
        Write(change, dquery, block.FirstQuery, block.Queries, head, _heads);
        long offset = (long)(block.FirstKey - start) * _width;
        GemmFactor pulled = new(pulls, count, transposed: true);
        GemmFactor weighed = new(weights, count, transposed: true);
        Multiply(count, _width, block.Queries, _span.Scale, pulled, query, 1, scratch[4] + offset, _width); // [c, d] += [c, q] [q, d]
        Multiply(count, _width, block.Queries, 1, weighed, given, 1, scratch[5] + offset, _width); // [c, d] += [c, q] [q, d]
    }

    private GemmFactor Factor(nint tensor, int token, int head, int heads, bool transposed = false) =>
        new((void*)(tensor + ((((long)token * heads) + head) * _width * Size)), (long)heads * _width, transposed);

    private void Multiply(
        int rows,
        int columns,
        int inner,
        float alpha,
        GemmFactor a,
        GemmFactor b,
        float beta,
        float* c,
        int stride
    ) => Gemm.Run(_type, rows, columns, inner, alpha, a, b, beta, c, stride);

    // A row as a factor, hidden keys zero: in place, or rounded into a matrix of bf16.
    private void Round(float* line, void* matrix, long at, int first, int end, int count)
    {
        if (Half)
        {
            ushort* target = (ushort*)matrix + at;
            Simd.Narrow(line + first, target + first, end - first);
            new Span<ushort>(target, first).Clear();
            new Span<ushort>(target + end, count - end).Clear();
        }
        else
        {
            new Span<float>(line, first).Clear();
            new Span<float>(line + end, count - end).Clear();
        }
    }

    // Rows of one head into [tokens, heads, width].
    private void Write(float* rows, nint target, int token, int count, int head, int heads)
    {
        for (int i = 0; i < count; i++)
        {
            float* row = rows + ((long)i * _width);
            long at = (((long)(token + i) * heads) + head) * _width;
            if (Half)
            {
                Simd.Narrow(row, (ushort*)target + at, _width);
            }
            else
            {
                new ReadOnlySpan<float>(row, _width).CopyTo(new Span<float>((float*)target + at, _width));
            }
        }
    }

    /// <summary>A thread's matrices, each on a cache line of its own.</summary>
    private readonly ref struct Scratch
    {
        private const nuint Line = 64;
        private readonly float*[] _parts;

        public Scratch(params ReadOnlySpan<long> counts)
        {
            _parts = new float*[counts.Length];
            for (int i = 0; i < counts.Length; i++)
            {
                _parts[i] = (float*)NativeMemory.AlignedAlloc((nuint)counts[i] * sizeof(float), Line);
            }
        }

        public float* this[int part] => _parts[part];

        public void Clear(int part, long count) => NativeMemory.Clear(_parts[part], (nuint)count * sizeof(float));

        public void Dispose()
        {
            foreach (float* part in _parts)
            {
                NativeMemory.AlignedFree(part);
            }
        }
    }
}
