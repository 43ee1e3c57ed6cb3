// Shapes: b rows of the batch, k key heads, c columns, d width of a head, l tokens of a prompt.
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.DeltaNet;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Keys and values of a batch, one pair of [rows, key heads, columns, width] a layer. Prompts end in the same column,
/// so a step writes one column for all rows; what lies before a row's start is never looked at. Layers with a state instead of keys keep that.
/// </summary>
internal sealed class KeyValueCache : ISequenceCache
{
    private const int Growth = 256;
    private readonly ModelConfig _config;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private readonly DeltaState?[] _states;
    private int _capacity;

    public KeyValueCache(CausalLM model, SequenceLayout prompts, int maxNewTokens)
    {
        _config = model.Config;
        int longest = prompts.MaxLength;
        Columns = longest;
        Starts = [.. prompts.Lengths.Select(length => longest - length)];
        _capacity = longest + Math.Min(maxNewTokens, Growth);
        (_keys, _values) = (Allocate(model.Type, model.Device), Allocate(model.Type, model.Device));
        _states = new DeltaState?[_config.Layers];
    }

    private KeyValueCache(ModelConfig config, Tensor like, int tokens)
    {
        (_config, Columns, Starts, _capacity) = (config, tokens, [0], tokens);
        (_keys, _values) = (Allocate(like.dtype, like.device), Allocate(like.dtype, like.device));
        _states = new DeltaState?[config.Layers];
    }

    /// <summary>Columns in use.</summary>
    public int Columns { get; private set; }

    /// <summary>For each row, the column of its first token.</summary>
    public int[] Starts { get; private set; }

    /// <summary>Rows still decoded.</summary>
    public int Rows => Starts.Length;

    /// <inheritdoc/>
    public int Length => Columns - Starts[0];

    /// <inheritdoc/>
    public long Bytes =>
        _keys.Concat(_values).Sum(tensor => tensor.numel() * (tensor.dtype == ScalarType.Float32 ? 4 : 2))
        + _states.Sum(state => state?.Bytes ?? 0);

    /// <inheritdoc/>
    public void Truncate(int length)
    {
        if (_config.IsRecurrent && length < Length)
        {
            throw new InvalidOperationException("A state cannot be cut back.");
        }

        Columns = Math.Min(Columns, Starts[0] + length);
    }

    /// <summary>What a layer without keys has read of all rows; null before the first token.</summary>
    public DeltaState? State(int layer) => _states[layer];

    /// <summary>Keeps what such a layer has read now.</summary>
    public void StoreState(int layer, DeltaState state)
    {
        _states[layer]?.Dispose();
        _states[layer] = state.Detach();
    }

    /// <summary>Takes the states of other caches' only rows over, as those of the rows here.</summary>
    public void JoinStates(IReadOnlyList<KeyValueCache?> pasts)
    {
        for (int layer = 0; layer < _states.Length; layer++)
        {
            if (_config.Shape(layer).Mixer != Mixer.DeltaNet)
            {
                continue;
            }

            using DisposeScope scope = NewDisposeScope();
            Tensor like = _keys[layer];
            StoreState(
                layer,
                DeltaState.Join([
                    .. pasts.Select(past =>
                        past?.State(layer) ?? DeltaState.Empty(_config.DeltaNet!, 1, like.dtype, like.device)
                    ),
                ])
            );
        }
    }

    /// <summary>Opens more columns, for all rows.</summary>
    public void Extend(int tokens)
    {
        while (Columns + tokens > _capacity)
        {
            Grow();
        }

        Columns += tokens;
    }

    /// <summary>The first tokens of a row, [key heads, tokens, width] each.</summary>
    public (Tensor Keys, Tensor Values) ReadFirst(int row, int layer, int tokens) =>
        (SelectSlots(_keys[layer], row, Starts[row], tokens), SelectSlots(_values[layer], row, Starts[row], tokens));

    /// <summary>Puts what another cache's only row holds of a layer at the beginning of a row.</summary>
    public void StoreBefore(int row, int layer, KeyValueCache past)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor keys, Tensor values) = past.ReadFirst(0, layer, past.Length);
        (Tensor ownKeys, Tensor ownValues) = ReadFirst(row, layer, past.Length);
        ownKeys.copy_(keys);
        ownValues.copy_(values);
    }

    /// <summary>Writes the newest columns of a row, from [tokens, key heads, width].</summary>
    public void StoreAfter(int row, int layer, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        int tokens = (int)keys.shape[0];
        SelectSlots(_keys[layer], row, Columns - tokens, tokens).copy_(keys.permute(1, 0, 2)); // [s, k, d] -> [k, s, d]
        SelectSlots(_values[layer], row, Columns - tokens, tokens).copy_(values.permute(1, 0, 2)); // [s, k, d] -> [k, s, d]
    }

    /// <summary>A cache of one row alone.</summary>
    public KeyValueCache CopyRow(int row)
    {
        int tokens = Columns - Starts[row];
        KeyValueCache copy = new(_config, _keys[0], tokens);
        using DisposeScope scope = NewDisposeScope();
        for (int layer = 0; layer < _keys.Length; layer++)
        {
            (Tensor keys, Tensor values) = ReadFirst(row, layer, tokens);
            copy._keys[layer][0].copy_(keys); // [1, k, c, d] <- [k, c, d]
            copy._values[layer][0].copy_(values); // [1, k, c, d] <- [k, c, d]
            copy._states[layer] = _states[layer]?.Select(Tensors.Ids([row], keys.device)).Detach();
        }

        return copy;
    }

    /// <summary>Stores the keys and values of the prompts, [tokens, key heads, width].</summary>
    public void StorePrompts(SequenceLayout prompts, int layer, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        for (int row = 0; row < prompts.Lengths.Count; row++)
        {
            int length = prompts.Lengths[row];
            int start = prompts.Starts[row];
            SelectSlots(_keys[layer], row, Columns - length, length)
                .copy_(keys.narrow(0, start, length).permute(1, 0, 2)); // [s, k, d] -> [l, k, d] -> [k, l, d]
            SelectSlots(_values[layer], row, Columns - length, length)
                .copy_(values.narrow(0, start, length).permute(1, 0, 2)); // [s, k, d] -> [l, k, d] -> [k, l, d]
        }
    }

    /// <summary>Writes the newest column, from [rows, key heads, width].</summary>
    public void StoreStep(int layer, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        _keys[layer].select(2, Columns - 1).copy_(keys); // [b, k, c, d] -> [b, k, d]
        _values[layer].select(2, Columns - 1).copy_(values); // [b, k, c, d] -> [b, k, d]
    }

    /// <summary>The columns from a first one on: [rows, key heads, columns, width].</summary>
    public Tensor Keys(int layer, int first) => _keys[layer].narrow(2, first, Columns - first);

    /// <summary>The values beside <see cref="Keys"/>.</summary>
    public Tensor Values(int layer, int first) => _values[layer].narrow(2, first, Columns - first);

    /// <summary>Keeps some rows.</summary>
    public void Keep(int[] rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor index = Tensors.Ids(rows, _keys[0].device);
        Replace(_keys, old => old.index_select(0, index)); // [b, k, c, d] -> fewer rows
        Replace(_values, old => old.index_select(0, index)); // [b, k, c, d] -> fewer rows
        for (int layer = 0; layer < _states.Length; layer++)
        {
            if (_states[layer] is { } state)
            {
                StoreState(layer, state.Select(index));
            }
        }

        index.Dispose();
        Starts = [.. rows.Select(row => Starts[row])];
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }

        foreach (DeltaState? state in _states)
        {
            state?.Dispose();
        }
    }

    private void Grow()
    {
        using DisposeScope scope = NewDisposeScope();
        int added = Math.Max(Growth, _capacity / 2);
        Tensor Widen(Tensor old)
        {
            long[] shape = [.. old.shape];
            shape[2] = added;
            return cat([old, zeros(shape, dtype: old.dtype, device: old.device)], 2); // [b, k, c, d] -> more columns
        }

        Replace(_keys, Widen);
        Replace(_values, Widen);
        _capacity += added;
    }

    private static void Replace(Tensor[] tensors, Func<Tensor, Tensor> make)
    {
        for (int layer = 0; layer < tensors.Length; layer++)
        {
            Tensor old = tensors[layer];
            tensors[layer] = make(old).DetachFromDisposeScope();
            old.Dispose();
        }
    }

    /// <summary>Columns of a row, [key heads, count, width].</summary>
    private static Tensor SelectSlots(Tensor cache, int row, int first, int count) =>
        cache.select(0, row).narrow(1, first, count); // [b, k, c, d] -> [k, c, d] -> [k, l, d]

    private Tensor[] Allocate(ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        return
        [
            .. Enumerable
                .Range(0, _config.Layers)
                .Select(layer => zeros(Shape(layer), dtype: type, device: device).DetachFromDisposeScope()),
        ];
    }

    // A layer that has a state, or uses another's keys, keeps none.
    private long[] Shape(int layer)
    {
        LayerShape shape = _config.Shape(layer);
        bool keeps = shape is { KeysOf: null, Mixer: Mixer.Attention };
        return [Rows, keeps ? shape.KeyValueHeads : 0, _capacity, shape.HeadDimension];
    }
}
