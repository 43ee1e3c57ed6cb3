// Shapes: n tokens, i width of an input, o of an output, r rank, R ranks of a group together, S supervised rows, V vocabulary.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Kernels.Lora;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>
/// The products of matrices that a step of LoRA training needs, and nothing else: the model's own weights, random states, the same
/// shapes, types and threads. What a step takes beyond them stands around the products.
/// </summary>
/// <param name="model">The base, on the processor.</param>
/// <param name="adapter">Low-rank layers over its blocks.</param>
/// <param name="layout">The sequences of a micro-batch.</param>
/// <param name="supervised">Rows with a label: all that the last block computes after its attention.</param>
public sealed class StepProducts(CausalLM model, Adapter adapter, SequenceLayout layout, long supervised) : IDisposable
{
    private readonly Dictionary<long, Tensor> _states = [];
    private readonly IGrouping<string, ModuleSpec>[] _groups =
    [
        .. model
            .Layout.Modules.Where(module => module.Kind == ModuleKind.Linear && module.Path != ModuleLayout.HeadPath)
            .GroupBy(FindGroup),
    ];

    /// <summary>Computes every product once.</summary>
    public void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        string first = ModuleLayout.LayerPath(model.Config, 0) + ".";
        string last = ModuleLayout.LayerPath(model.Config, model.BlockCount - 1) + ".";
        foreach (IGrouping<string, ModuleSpec> group in _groups)
        {
            bool asked = group.Key.EndsWith(".in", StringComparison.Ordinal);
            bool after = group.Key.StartsWith(last, StringComparison.Ordinal) && !asked;
            bool needsGradient = !(group.Key.StartsWith(first, StringComparison.Ordinal) && asked);
            RunLinear([.. group], after ? supervised : layout.Tokens, needsGradient);
        }

        for (int layer = 0; layer < model.BlockCount; layer++)
        {
            AttentionProducts.Run(model.Config, layout, model.Config.Windows[layer], GetStates);
        }

        RunHead();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor states in _states.Values)
        {
            states.Dispose();
        }
    }

    // Query, key and value share their input; gate and up share theirs.
    private static string FindGroup(ModuleSpec module)
    {
        string block = module.Path[..(module.Path.LastIndexOf('.') + 1)];
        return module.Path[block.Length..] switch
        {
            "q_proj" or "k_proj" or "v_proj" or "qkv_proj" => block + "in",
            "gate_proj" or "up_proj" or "gate_up_proj" => block + "wide",
            string own => block + own,
        };
    }

    private void RunLinear(ModuleSpec[] modules, long rows, bool needsGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = GetStates(rows, modules[0].In);
        Tensor? dx = null;
        List<Tensor> outputs = [];
        foreach (ModuleSpec module in modules)
        {
            Tensor weight = model.Weight(module);
            outputs.Add(LoraProducts.Multiply(x, weight.t())); // [n, i] [i, o] -> [n, o]
            Tensor dy = GetStates(rows, module.Out);
            if (needsGradient)
            {
                dx = dx is null ? LoraProducts.Multiply(dy, weight) : LoraProducts.AddProduct(dx, dy, weight, 1); // [n, o] [o, i] -> [n, i]
            }
        }

        (LoraLayer Layer, int Place)[] adapted =
        [
            .. modules
                .Select((module, place) => (Layer: adapter.Layer(module.Slot), place))
                .Where(pair => pair.Layer is not null)
                .Select(pair => (pair.Layer!, pair.place)),
        ];
        if (adapted.Length > 0)
        {
            RunLowRank(adapted, modules, x, outputs, dx, rows);
        }
    }

    private void RunLowRank(
        (LoraLayer Layer, int Place)[] adapted,
        ModuleSpec[] modules,
        Tensor x,
        List<Tensor> outputs,
        Tensor? dx,
        long rows
    )
    {
        long ranks = adapted.Sum(pair => pair.Layer.A.size(0));
        Tensor stacked = GetStates(ranks, x.size(1)); // as the A's: [R, i]
        Tensor low = LoraProducts.Multiply(x, stacked.t()); // [n, i] [i, R] -> [n, R]
        Tensor lowGradient = GetStates(rows, ranks);
        foreach ((LoraLayer layer, int place) in adapted)
        {
            long rank = layer.B.size(1);
            Tensor second = GetStates(layer.B.size(0), rank); // as B, in the states' type: [o, r]
            Tensor own = GetStates(rows, rank);
            Tensor dy = GetStates(rows, modules[place].Out);
            LoraProducts.AddProduct(outputs[place], own, second.t(), 1); // [n, o] += [n, r] [r, o]
            LoraProducts.ComputeGradient(dy, second, 1); // [n, o] [o, r] -> [n, r]
            LoraProducts.ComputeGradient(dy.t(), own, 1); // [o, n] [n, r] -> [o, r]
        }

        LoraProducts.ComputeGradient(lowGradient.t(), x, 1); // [R, n] [n, i] -> [R, i]
        if (dx is not null)
        {
            LoraProducts.AddProduct(dx, lowGradient, stacked, 1); // [n, i] += [n, R] [R, i]
        }

        GC.KeepAlive(low);
    }

    private void RunHead()
    {
        FrozenHead head = new(model.Weight(model.Layout.Head));
        long chunk = MaskedCrossEntropy.ChunkRows(head, model.Device, supervised);
        for (long start = 0; start < supervised; start += chunk)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor rows = GetStates(Math.Min(chunk, supervised - start), model.Config.HiddenSize);
            head.Logits(rows); // [S, i] [i, V] -> [S, V]
            head.Backward(rows, GetStates(rows.size(0), head.Vocabulary)); // [S, V] [V, i] -> [S, i]
        }
    }

    // Random numbers of the model's type, made once for a width and kept.
    private Tensor GetStates(long rows, long width)
    {
        if (!_states.TryGetValue(width, out Tensor? states) || states.size(0) < rows)
        {
            states?.Dispose();
            states = randn(rows, width, device: model.Device).to(model.Type).DetachFromDisposeScope();
            _states[width] = states;
        }

        return states.narrow(0, 0, rows);
    }
}
