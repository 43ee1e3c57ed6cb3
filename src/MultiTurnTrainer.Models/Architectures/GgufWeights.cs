using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Weights of a GGUF file, dequantised and brought into HuggingFace's order a piece at a time.</summary>
internal sealed class GgufWeights : IModelWeights
{
    private const int PieceValues = 1 << 20;
    private readonly GgufFile _file;
    private readonly Dictionary<string, Source> _sources = new(StringComparer.Ordinal);

    public GgufWeights(GgufFile file, ModelConfig config)
    {
        _file = file;
        foreach (ModuleSpec module in new ModuleLayout(config).Modules)
        {
            string name = GgufNames.Of(module);
            int turned = GgufNames.Turns(config, module) ? config.HeadDimension : 0;
            Add(module.WeightName, name + ".weight", turned);
            Add(module.BiasName, name + ".bias", turned);
        }

        void Add(string name, string own, int turned)
        {
            if (file.Tensors.TryGetValue(own, out GgufTensor? tensor))
            {
                _sources.Add(name, new Source(tensor, turned));
            }
        }
    }

    public string Place => _file.Path;

    public IEnumerable<string> Names =>
        _sources.Keys.Concat(
            _file
                .Tensors.Keys.Except(_sources.Values.Select(source => source.Tensor.Name))
                .Except([Llama3Divisors.TensorName])
        );

    public long[]? Shape(string name) => _sources.GetValueOrDefault(name)?.Tensor.Shape;

    public Tensor Load(string name, ScalarType type, Device device)
    {
        Source source = _sources[name];
        using DisposeScope scope = NewDisposeScope();
        Tensor host = empty(source.Tensor.Shape, dtype: ScalarType.Float32);
        int columns = source.Tensor.Shape.Length == 1 ? 1 : (int)source.Tensor.Shape[^1];
        long rows = source.Tensor.Count / columns;

        // Whole heads at a time, so that a piece holds all rows that change places with each other.
        long step = Math.Max(1, PieceValues / columns);
        step = source.HeadWidth == 0 ? step : Math.Max(1, step / source.HeadWidth) * source.HeadWidth;
        Tensor flat = host.view(-1); // [n]
        for (long row = 0; row < rows; row += step)
        {
            long count = Math.Min(step, rows - row);
            using Tensor part = flat.narrow(0, row * columns, count * columns);
            Fill(source, row, columns, MemoryMarshal.Cast<byte, float>(part.bytes));
        }

        return host.to(type).to(device).DetachFromDisposeScope();
    }

    public void Dispose() => _file.Dispose();

    private void Fill(Source source, long first, int columns, Span<float> target)
    {
        if (source.HeadWidth == 0)
        {
            _file.Read(source.Tensor, first * columns, target);
        }
        else
        {
            float[] stored = new float[target.Length];
            _file.Read(source.Tensor, first * columns, stored);
            for (int row = 0; row < target.Length / columns; row++)
            {
                int from = (int)GgufNames.Turned(row, source.HeadWidth);
                stored.AsSpan(from * columns, columns).CopyTo(target[(row * columns)..]);
            }
        }
    }

    /// <param name="Tensor">Where a weight is.</param>
    /// <param name="HeadWidth">Rows of a head where they stand in llama.cpp's order; 0 where they do not.</param>
    private sealed record Source(GgufTensor Tensor, int HeadWidth);
}
