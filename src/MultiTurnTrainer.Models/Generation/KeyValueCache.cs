// Shapes: b rows of the batch, k key heads, c columns, d width of a head, l tokens of a prompt.
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Keys and values of a batch, one pair of [rows, key heads, columns, width] a layer. Prompts end in the same column,
/// so a step writes one column for all rows; what lies before a row's start is never looked at.
/// </summary>
internal sealed class KeyValueCache : ISequenceCache
{
    private const int Growth = 256;
    private readonly ModelConfig _config;
    private readonly Tensor[] _keys;
    private readonly Tensor[] _values;
    private int _capacity;

    public KeyValueCache(CausalLM model, SequenceLayout prompts, int maxNewTokens)
    {
        _config = model.Config;
        int longest = prompts.MaxLength;
        Columns = longest;
        Starts = [.. prompts.Lengths.Select(length => longest - length)];
        _capacity = longest + Math.Min(maxNewTokens, Growth);
        _keys = new Tensor[_config.Layers];
        _values = new Tensor[_config.Layers];
        for (int layer = 0; layer < _config.Layers; layer++)
        {
            _keys[layer] = Allocate(model.Type, model.Device);
            _values[layer] = Allocate(model.Type, model.Device);
        }
    }

    /// <summary>Columns in use.</summary>
    public int Columns { get; private set; }

    /// <summary>For each row, the column of its first token.</summary>
    public int[] Starts { get; private set; }

    /// <summary>Rows still decoded.</summary>
    public int Rows => Starts.Length;

    /// <inheritdoc/>
    public int Length => Columns;

    /// <inheritdoc/>
    public long Bytes =>
        _keys.Concat(_values).Sum(tensor => tensor.numel() * (tensor.dtype == ScalarType.Float32 ? 4 : 2));

    /// <inheritdoc/>
    public void Truncate(int length) => Columns = Math.Min(Columns, length);

    /// <summary>Opens more columns.</summary>
    public void Extend(int tokens)
    {
        while (Columns + tokens > _capacity)
        {
            Grow();
        }

        Columns += tokens;
    }

    /// <summary>Writes the newest columns of the only row, from [tokens, key heads, width].</summary>
    public void StoreLast(int layer, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        int tokens = (int)keys.shape[0];
        SelectSlots(_keys[layer], 0, tokens).copy_(keys.permute(1, 0, 2)); // [s, k, d] -> [k, s, d]
        SelectSlots(_values[layer], 0, tokens).copy_(values.permute(1, 0, 2)); // [s, k, d] -> [k, s, d]
    }

    /// <summary>Stores the keys and values of the prompts, [tokens, key heads, width].</summary>
    public void StorePrompts(SequenceLayout prompts, int layer, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        for (int row = 0; row < prompts.Lengths.Count; row++)
        {
            int length = prompts.Lengths[row];
            int start = prompts.Starts[row];
            SelectSlots(_keys[layer], row, length).copy_(keys.narrow(0, start, length).permute(1, 0, 2)); // [s, k, d] -> [l, k, d] -> [k, l, d]
            SelectSlots(_values[layer], row, length).copy_(values.narrow(0, start, length).permute(1, 0, 2)); // [s, k, d] -> [l, k, d] -> [k, l, d]
        }
    }

    /// <summary>Opens the next column for all rows.</summary>
    public void Advance()
    {
        if (Columns == _capacity)
        {
            Grow();
        }

        Columns++;
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
        index.Dispose();
        Starts = [.. rows.Select(row => Starts[row])];
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
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

    /// <summary>The last columns of a row, [key heads, length, width].</summary>
    private Tensor SelectSlots(Tensor cache, int row, int length) =>
        cache.select(0, row).narrow(1, Columns - length, length); // [b, k, c, d] -> [k, c, d] -> [k, l, d]

    private Tensor Allocate(ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        return zeros([Rows, _config.KeyValueHeads, _capacity, _config.HeadDimension], dtype: type, device: device)
            .DetachFromDisposeScope();
    }
}
