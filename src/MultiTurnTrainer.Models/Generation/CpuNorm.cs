using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>A root mean square norm over rows on the processor.</summary>
internal sealed class CpuNorm
{
    private readonly float[] _weight;
    private readonly float _epsilon;

    public CpuNorm(CausalLM model, Adapter? adapter, string path)
    {
        ModuleSpec module = model.Layout[path];
        _weight = Tensors.ToArray(adapter?.Weight(module.Slot) ?? model.Weight(module));
        _epsilon = (float)model.Config.NormEpsilon;
        if (model.Config.NormAddsOne)
        {
            TensorPrimitives.Add(_weight, 1, _weight);
        }
    }

    /// <summary>The width of a row.</summary>
    public int Width => _weight.Length;

    /// <summary>Normalises rows of the norm's width; input and output may be the same.</summary>
    public unsafe void Run(float* input, float* output, int rows)
    {
        int width = _weight.Length;
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> source = new(input + ((long)row * width), width);
            Span<float> target = new(output + ((long)row * width), width);
            float mean = TensorPrimitives.SumOfSquares(source) / width;
            TensorPrimitives.Multiply(source, 1 / MathF.Sqrt(mean + _epsilon), target);
            TensorPrimitives.Multiply(target, _weight, target);
        }
    }
}
