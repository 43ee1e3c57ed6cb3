// Shapes: v vocabulary, e hidden width, r rank.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>The token embedding with its adapter, one row at a time on the processor.</summary>
internal sealed unsafe class CpuEmbedding
{
    private readonly int _width;
    private readonly int _rank;
    private readonly Tensor _weight;
    private readonly bool _bf16;
    private readonly float _scale;
    private readonly float[] _down = [];
    private readonly float[] _up = [];
    private readonly float[]? _factor;
    private readonly Dictionary<int, float[]> _replaced = [];

    public CpuEmbedding(CausalLM model, Adapter? adapter)
    {
        ModuleSpec module = model.Layout.Embedding;
        _width = module.In;
        _weight = adapter?.Weight(module.Slot) ?? model.Weight(module);
        _bf16 = _weight.dtype == ScalarType.BFloat16;
        _scale = (float)model.Config.EmbeddingScale;
        if (adapter?.Tokens(module.Slot) is { } rows)
        {
            float[] values = Tensors.ToArray(rows.Values); // [k, e]
            for (int i = 0; i < rows.Tokens.Count; i++)
            {
                _replaced.Add(rows.Tokens[i], values[(i * _width)..((i + 1) * _width)]);
            }
        }

        if (adapter?.Layer(module.Slot) is not { } lora)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        _rank = (int)lora.A.shape[0];
        _down = Tensors.ToArray(lora.A.t()); // [r, v] -> [v, r]
        _up = Tensors.ToArray(lora.B.t() * lora.Scale); // [e, r] -> [r, e]
        _factor = lora.Magnitude is { } magnitude ? Tensors.ToArray(magnitude / Dora.ColumnNorm(_weight, lora)) : null;
    }

    /// <summary>Writes a token's row, [hidden].</summary>
    public void Run(int id, Span<float> output)
    {
        long start = (long)id * _width;
        if (_replaced.TryGetValue(id, out float[]? row))
        {
            row.CopyTo(output);
        }
        else if (_bf16)
        {
            ushort* narrow = (ushort*)TensorMemory.Pointer(_weight) + start;
            fixed (float* target = output)
            {
                Simd.Widen(narrow, target, _width);
            }
        }
        else
        {
            new ReadOnlySpan<float>((float*)TensorMemory.Pointer(_weight) + start, _width).CopyTo(output);
        }

        for (int j = 0; j < _rank; j++)
        {
            TensorPrimitives.MultiplyAdd(_up.AsSpan(j * _width, _width), _down[(id * _rank) + j], output, output);
        }

        if (_factor is not null)
        {
            TensorPrimitives.Multiply(output, _factor, output);
        }

        if (_scale != 1)
        {
            TensorPrimitives.Multiply(output, _scale, output);
        }
    }
}
