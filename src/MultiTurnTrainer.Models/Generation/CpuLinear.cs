// Shapes: b rows of the batch, i width of the input, o of the output, r rank.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Decoding;
using MultiTurnTrainer.Models.Kernels.Dequantise;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>A linear module with its adapter, for small batches on the processor.</summary>
internal sealed unsafe class CpuLinear
{
    private readonly ModuleSpec _module;
    private readonly Tensor? _weight;
    private readonly QuantisedMatrix? _codes;
    private readonly ScalarType _type;
    private readonly float[]? _bias;
    private readonly LoraLayer? _lora;
    private readonly TokenRows? _tokens;
    private readonly int _rank;
    private readonly float[] _low = [];
    private readonly float[] _up = [];
    private readonly float[]? _factor;

    public CpuLinear(CausalLM model, Adapter? adapter, string path, int rows)
    {
        _module = model.Layout[path];
        Tensor? replaced = adapter?.Weight(_module.Slot);
        _codes = replaced is null ? model.Codes(_module) : null;
        _weight = _codes is null ? replaced ?? model.Weight(_module) : null;
        _type = _weight?.dtype ?? model.Type;
        _tokens = adapter?.Tokens(_module.Slot);
        using (no_grad())
        using (Tensor? bias = Projection.EffectiveBias(_module, model.Bias(_module), adapter)?.alias())
        {
            _bias = bias is null ? null : Tensors.ToArray(bias);
        }

        _lora = adapter?.Layer(_module.Slot);
        if (_lora is null)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        _rank = (int)_lora.A.shape[0];
        _low = new float[rows * _rank];
        _up = Tensors.ToArray(_lora.B.t() * _lora.Scale); // [o, r] -> [r, o]
        _factor = _lora.Magnitude is { } magnitude
            ? Tensors.ToArray(magnitude / Dora.RowNorm(_weight ?? _codes!.Dequantise(_type), _lora))
            : null;
    }

    /// <summary>The width of the output.</summary>
    public int Width => _module.Out;

    /// <summary>Reads [rows, in], writes [rows, out].</summary>
    public void Run(float* input, float* output, int rows)
    {
        using (Tensor? numbers = _codes?.Dequantise(_type))
        {
            void* weight = TensorMemory.Pointer(numbers ?? _weight!);
            bool bf16 = _type == ScalarType.BFloat16;
            SmallBatchMatmul.Multiply(input, weight, bf16, output, rows, _module.In, _module.Out); // [b, i] [o, i] -> [b, o]
        }

        if (_tokens is not null)
        {
            ReplaceTokens(input, output, rows, _tokens);
        }

        if (_lora is not null)
        {
            AddLora(input, output, rows);
        }

        if (_bias is not null)
        {
            for (int row = 0; row < rows; row++)
            {
                Span<float> target = new(output + ((long)row * Width), Width);
                TensorPrimitives.Add(target, _bias, target);
            }
        }
    }

    private void ReplaceTokens(float* input, float* output, int rows, TokenRows tokens)
    {
        float* values = (float*)TensorMemory.Pointer(tokens.Values); // [k, i]
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> x = new(input + ((long)row * _module.In), _module.In);
            for (int i = 0; i < tokens.Tokens.Count; i++)
            {
                ReadOnlySpan<float> weight = new(values + ((long)i * _module.In), _module.In);
                output[((long)row * Width) + tokens.Tokens[i]] = TensorPrimitives.Dot(x, weight);
            }
        }
    }

    private void AddLora(float* input, float* output, int rows)
    {
        fixed (float* low = _low)
        {
            SmallBatchMatmul.Multiply(input, TensorMemory.Pointer(_lora!.A), false, low, rows, _module.In, _rank); // [b, i] [r, i] -> [b, r]
        }

        for (int row = 0; row < rows; row++)
        {
            Span<float> target = new(output + ((long)row * Width), Width);
            for (int j = 0; j < _rank; j++)
            {
                ReadOnlySpan<float> up = _up.AsSpan(j * Width, Width);
                TensorPrimitives.MultiplyAdd(up, _low[(row * _rank) + j], target, target);
            }

            if (_factor is not null)
            {
                TensorPrimitives.Multiply(target, _factor, target);
            }
        }
    }
}
