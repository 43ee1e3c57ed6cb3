using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Cpu;
using MultiTurnTrainer.Models.Kernels.Decoding;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Decodes on the processor without a tensor operator between the layers: weights stream through the cores once a step
/// for the whole batch, activations stay in single precision, and a row's numbers do not depend on its neighbours.
/// Prompts are read by the model's own operators.
/// </summary>
internal sealed unsafe class CpuDecoder : IDecoder
{
    private readonly CausalLM _model;
    private readonly ModelConfig _config;
    private readonly Adapter? _adapter;
    private readonly CpuEmbedding _embedding;
    private readonly CpuBlock[] _blocks;
    private readonly CpuNorm _finalNorm;
    private readonly CpuLinear _head;
    private readonly CpuRotation _rotation;
    private readonly float* _hidden;
    private readonly float* _normed;
    private readonly float* _query;
    private readonly float* _key;
    private readonly float* _value;
    private readonly float* _fused;
    private readonly float* _mixed;
    private readonly float* _gate;
    private readonly float* _up;
    private readonly List<nint> _buffers = [];
    private readonly float[] _logits;
    private readonly int _growth;
    private CpuCache?[] _rows = [];

    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it; null for the base alone.</param>
    /// <param name="rows">The most rows.</param>
    /// <param name="growth">New tokens of a row to make room for at once.</param>
    public CpuDecoder(CausalLM model, Adapter? adapter, int rows, int growth = 64)
    {
        _growth = growth;
        _model = model;
        _config = model.Config;
        _adapter = adapter;
        _embedding = new CpuEmbedding(model, adapter);
        _blocks = [.. Enumerable.Range(0, _config.Layers).Select(Block)];
        _finalNorm = Norm(ModuleLayout.FinalNormPath(_config));
        _head = Linear(ModuleLayout.HeadPath);
        _rotation = new CpuRotation(_config);
        _hidden = AllocateBuffer(rows, _config.HiddenSize);
        _normed = AllocateBuffer(rows, _config.HiddenSize);
        _query = AllocateBuffer(rows, _config.QueryWidth);
        _key = AllocateBuffer(rows, _config.KeyValueWidth);
        _value = AllocateBuffer(rows, _config.KeyValueWidth);
        _fused = AllocateBuffer(
            rows,
            Math.Max(_config.QueryWidth + (2 * _config.KeyValueWidth), 2 * _config.IntermediateSize)
        );
        _mixed = AllocateBuffer(rows, _config.QueryWidth);
        _gate = AllocateBuffer(rows, _config.IntermediateSize);
        _up = AllocateBuffer(rows, _config.IntermediateSize);
        _logits = new float[rows * _config.VocabularySize];

        CpuLinear Linear(string path) => new(model, adapter, path, rows);
        CpuNorm Norm(string path) => new(model, adapter, path);
        CpuBlock Block(int layer) =>
            new(new(_config, layer, Norm), new(_config, layer, Linear, Norm), new(_config, _config.Mlp, layer, Linear));
    }

    /// <summary>Whether this decoder computes what the model does.</summary>
    public static bool Takes(CausalLM model) =>
        model.Device.type == DeviceType.CPU
        && model.Type is ScalarType.Float32 or ScalarType.BFloat16
        && model.Config
            is {
                Activation: not Activation.Gelu,
                Shapes.Count: 0,
                Experts: null,
                Latent: null,
                HasSinks: false,
                NormsValues: false,
                ScalesLayers: false,
            };

    public float[] Read(IReadOnlyList<IReadOnlyList<int>> rows)
    {
        Replace([.. rows.Select(_ => NewCache())]);
        for (int row = 0; row < rows.Count; row++)
        {
            _rows[row]!.Extend(rows[row].Count);
        }

        SequenceLayout layout = new(rows.Select(row => row.Count));
        return TensorDecoder.ReadPack(
            _model,
            _adapter,
            layout,
            rows,
            new PackReader((layer, keys, values) => StorePrompts(layout, layer, keys, values), (_, _) => { })
        );
    }

    public float[] Step(int[] ids)
    {
        int rows = ids.Length;
        for (int row = 0; row < rows; row++)
        {
            _rows[row]!.Extend(1);
            _embedding.Run(ids[row], new Span<float>(_hidden + ((long)row * _config.HiddenSize), _config.HiddenSize));
        }

        _rotation.MoveTo([.. _rows.Select(row => row!.Length)]);
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            Attend(_blocks[layer], layer, rows);
            FeedForward(_blocks[layer], rows);
        }

        _finalNorm.Run(_hidden, _normed, rows);
        Scale(_normed, rows * _config.HiddenSize, 1 / _config.LogitDivisor);
        fixed (float* logits = _logits)
        {
            _head.Run(_normed, logits, rows);
        }

        if (_config.LogitSoftcap is { } cap)
        {
            Span<float> all = _logits.AsSpan(0, rows * _config.VocabularySize);
            TensorPrimitives.Divide(all, (float)cap, all);
            TensorPrimitives.Tanh(all, all);
            TensorPrimitives.Multiply(all, (float)cap, all);
        }

        return _logits;
    }

    public float[] Resume(IReadOnlyList<ISequenceCache?> pasts, IReadOnlyList<IReadOnlyList<int>> rows)
    {
        CpuCache[] caches = [.. pasts.Select(past => (CpuCache?)past ?? NewCache())];
        Replace(caches);
        int[] read = [.. caches.Select(cache => cache.Length)];
        for (int row = 0; row < caches.Length; row++)
        {
            caches[row].Extend(rows[row].Count);
        }

        return TensorDecoder.ReadAfter(
            _model,
            _adapter,
            read,
            rows,
            new ContinuedReader(
                (row, layer) => caches[row].Read(layer, read[row], _model.Type),
                (row, layer, keys, values) => caches[row].Write(layer, keys, values, rows[row].Count)
            )
        );
    }

    public ISequenceCache Detach(int row)
    {
        CpuCache cache = _rows[row]!;
        _rows[row] = null;
        return cache;
    }

    public void Keep(int[] rows) => Replace([.. rows.Select(row => _rows[row])]);

    public void Dispose()
    {
        Replace([]);
        _buffers.ForEach(buffer => NativeMemory.AlignedFree((void*)buffer));
        _buffers.Clear();
    }

    private void Attend(CpuBlock block, int layer, int rows)
    {
        AttentionModules<CpuLinear, CpuNorm> modules = block.Attention;
        Norm(block.Norms.BeforeMixer, rows);
        if (modules.Qkv is [CpuLinear fused])
        {
            fused.Run(_normed, _fused, rows);
            Split(
                rows,
                fused.Width,
                ((nint)_query, _config.QueryWidth),
                ((nint)_key, _config.KeyValueWidth),
                ((nint)_value, _config.KeyValueWidth)
            );
        }
        else
        {
            modules.Qkv[0].Run(_normed, _query, rows);
            modules.Qkv[1].Run(_normed, _key, rows);
            modules.Qkv[2].Run(_normed, _value, rows);
        }

        // A head, or all of a token's heads, are a row of the norm.
        modules.QueryNorm?.Run(_query, _query, rows * _config.QueryWidth / modules.QueryNorm.Width);
        modules.KeyNorm?.Run(_key, _key, rows * _config.KeyValueWidth / modules.KeyNorm.Width);
        _rotation.Apply(layer, _query, _config.Heads);
        _rotation.Apply(layer, _key, _config.KeyValueHeads);
        _rotation.ScaleQueries(layer, _query, _config.QueryWidth);
        StoreStep(layer, rows);
        AttendOverCache(layer, rows);
        modules.Output.Run(_mixed, _normed, rows);
        block.Norms.AfterMixer?.Run(_normed, _normed, rows);
        AddToHidden(rows);
    }

    private void FeedForward(CpuBlock block, int rows)
    {
        Norm(block.Norms.BeforeMlp, rows);
        if (block.Mlp.GateUp is [CpuLinear fused])
        {
            fused.Run(_normed, _fused, rows);
            Split(rows, fused.Width, ((nint)_gate, _config.IntermediateSize), ((nint)_up, _config.IntermediateSize));
        }
        else
        {
            block.Mlp.GateUp[0].Run(_normed, _gate, rows);
            block.Mlp.GateUp[1].Run(_normed, _up, rows);
        }

        Activate(rows * _config.IntermediateSize);
        block.Mlp.Down.Run(_gate, _normed, rows);
        block.Norms.AfterMlp?.Run(_normed, _normed, rows);
        AddToHidden(rows);
    }

    /// <summary>What the next module reads: the residual stream, normalised where the family does.</summary>
    private void Norm(CpuNorm? norm, int rows)
    {
        if (norm is null)
        {
            int count = rows * _config.HiddenSize;
            new ReadOnlySpan<float>(_hidden, count).CopyTo(new Span<float>(_normed, count));
        }
        else
        {
            norm.Run(_hidden, _normed, rows);
        }
    }

    private static void Scale(float* values, int count, double factor)
    {
        if (factor != 1)
        {
            Span<float> all = new(values, count);
            TensorPrimitives.Multiply(all, (float)factor, all);
        }
    }

    private void Split(int rows, int width, params ReadOnlySpan<(nint Target, int Width)> parts)
    {
        for (int row = 0; row < rows; row++)
        {
            float* source = _fused + ((long)row * width);
            foreach ((nint target, int part) in parts)
            {
                new Span<float>(source, part).CopyTo(new Span<float>((float*)target + ((long)row * part), part));
                source += part;
            }
        }
    }

    private void AddToHidden(int rows)
    {
        Span<float> hidden = new(_hidden, rows * _config.HiddenSize);
        Scale(_normed, hidden.Length, _config.ResidualScale);
        TensorPrimitives.Add(hidden, new ReadOnlySpan<float>(_normed, hidden.Length), hidden);
    }

    /// <summary>gate ← activation(gate) · up.</summary>
    private void Activate(int count)
    {
        Span<float> gate = new(_gate, count);
        Span<float> up = new(_up, count);
        if (_config.Activation == Activation.Silu)
        {
            TensorPrimitives.Multiply(gate, up, up);
            TensorPrimitives.Sigmoid(gate, gate);
            TensorPrimitives.Multiply(gate, up, gate);
            return;
        }

        // Hendrycks and Gimpel (arXiv 1606.08415), the tanh approximation.
        float root = MathF.Sqrt(2 / MathF.PI);
        for (int i = 0; i < count; i++)
        {
            float x = gate[i];
            gate[i] = 0.5f * x * (1 + MathF.Tanh(root * (x + (0.044715f * x * x * x)))) * up[i];
        }
    }

    /// <summary>Puts the newest keys and values into the rows' caches.</summary>
    private void StoreStep(int layer, int rows)
    {
        int width = _config.HeadDimension;
        for (int row = 0; row < rows; row++)
        {
            CpuCache cache = _rows[row]!;
            long place = (long)(cache.Length - 1) * width;
            for (int head = 0; head < _config.KeyValueHeads; head++)
            {
                long source = ((long)(row * _config.KeyValueHeads) + head) * width;
                new Span<float>(_key + source, width).CopyTo(new Span<float>(cache.Keys(layer, head) + place, width));
                new Span<float>(_value + source, width).CopyTo(
                    new Span<float>(cache.Values(layer, head) + place, width)
                );
            }
        }
    }

    private void AttendOverCache(int layer, int rows)
    {
        int width = _config.HeadDimension;
        int group = _config.Heads / _config.KeyValueHeads;
        int longest = _rows.Max(row => row!.Length);
        Workers.For(
            rows * _config.KeyValueHeads,
            (long)longest * width * group,
            (begin, end) =>
            {
                float* scores = (float*)NativeMemory.AlignedAlloc((nuint)longest * sizeof(float), 64);
                for (long item = begin; item < end; item++)
                {
                    int row = (int)(item / _config.KeyValueHeads);
                    int head = (int)(item % _config.KeyValueHeads);
                    CpuCache cache = _rows[row]!;
                    int first = _config.Windows[layer] is { } window ? Math.Max(0, cache.Length - window) : 0;
                    for (int member = 0; member < group; member++)
                    {
                        long place = (((long)row * _config.Heads) + (head * group) + member) * width;
                        CachedAttention.Run(
                            _query + place,
                            cache.Keys(layer, head) + ((long)first * width),
                            cache.Values(layer, head) + ((long)first * width),
                            scores,
                            _mixed + place,
                            cache.Length - first,
                            width,
                            (float)_config.AttentionScale,
                            (float)(_config.AttentionSoftcap ?? 0)
                        );
                    }
                }

                NativeMemory.AlignedFree(scores);
            }
        );
    }

    /// <summary>Copies the keys and values of the prompts, [tokens, key heads, width], into the rows' caches.</summary>
    private void StorePrompts(SequenceLayout layout, int layer, Tensor keys, Tensor values)
    {
        int width = _config.HeadDimension;
        int heads = _config.KeyValueHeads;
        using DisposeScope scope = NewDisposeScope();
        ReadOnlySpan<float> allKeys = Tensors.Floats(keys);
        ReadOnlySpan<float> allValues = Tensors.Floats(values);
        for (int row = 0; row < _rows.Length; row++)
        {
            for (int head = 0; head < heads; head++)
            {
                float* keyTarget = _rows[row]!.Keys(layer, head);
                float* valueTarget = _rows[row]!.Values(layer, head);
                for (int t = 0; t < layout.Lengths[row]; t++)
                {
                    int source = (((layout.Starts[row] + t) * heads) + head) * width;
                    allKeys.Slice(source, width).CopyTo(new Span<float>(keyTarget + ((long)t * width), width));
                    allValues.Slice(source, width).CopyTo(new Span<float>(valueTarget + ((long)t * width), width));
                }
            }
        }
    }

    private CpuCache NewCache() => new(_config.Layers, _config.KeyValueHeads, _config.HeadDimension, _growth);

    /// <summary>Takes other rows; those that are not among them end.</summary>
    private void Replace(CpuCache?[] rows)
    {
        HashSet<CpuCache?> kept = [.. rows];
        foreach (CpuCache? row in _rows.Where(row => !kept.Contains(row)))
        {
            row?.Dispose();
        }

        _rows = rows;
    }

    private float* AllocateBuffer(int rows, int width)
    {
        void* buffer = NativeMemory.AlignedAlloc((nuint)((long)rows * width * sizeof(float)), 64);
        _buffers.Add((nint)buffer);
        return (float*)buffer;
    }

    private sealed record CpuBlock(
        NormModules<CpuNorm> Norms,
        AttentionModules<CpuLinear, CpuNorm> Attention,
        MlpModules<CpuLinear> Mlp
    );
}
