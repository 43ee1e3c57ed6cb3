// Shapes: x experts, i width of the input, o of the output, r rank of an expert.
using System.Globalization;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>
/// Pairs of stacked experts in the order of PEFT 0.18 and before, which took a weight [x, o, i] for [x, i, o]: A is [x r, o] and B [i, r x], so that a change is
/// (B A)ᵀ. They are turned into the order of today while they are loaded. Which order a file has its widths say, and PEFT's version where they are
/// equal; weights that stand as [x, i, o] are the same in both.
/// </summary>
internal sealed class ExpertPairs
{
    private static readonly Version _today = new(0, 19);

    private readonly SafetensorsFile _file;

    // By the name of the parameter: the tensor that it comes from, and its module.
    private readonly Dictionary<string, (string Source, ModuleSpec Module, bool IsA)> _turned;

    private ExpertPairs(SafetensorsFile file, Dictionary<string, (string, ModuleSpec, bool)> turned) =>
        (_file, _turned) = (file, turned);

    /// <summary>The pairs of a file that are to be turned.</summary>
    /// <exception cref="MttException">The order cannot be told.</exception>
    public static ExpertPairs Find(LoraAdapter adapter, SafetensorsFile file)
    {
        Dictionary<string, (string, ModuleSpec, bool)> turned = new(StringComparer.Ordinal);
        foreach (ModuleSpec module in adapter.Targets.Where(module => module.Kind == ModuleKind.Experts))
        {
            bool inner = adapter.Parts.IsInner(module);
            (string a, string b) = (LoraNames.A(module, inner), LoraNames.B(module, inner));
            if (
                !module.IsTurned
                && file.Entries.TryGetValue(a, out SafetensorsEntry? entry)
                && entry.Shape.Length == 2
                && IsOld(adapter.Config, module, entry.Shape[1], file)
            )
            {
                LoraAdapterFiles.RequireShape(file, entry, [adapter.Parameters[a].Value.size(0), module.Out]);
                if (file.Entries.TryGetValue(b, out SafetensorsEntry? other))
                {
                    LoraAdapterFiles.RequireShape(file, other, [module.In, adapter.Parameters[b].Value.size(1)]);
                    turned.Add(a, (b, module, true));
                    turned.Add(b, (a, module, false));
                }
            }
        }

        return new ExpertPairs(file, turned);
    }

    /// <summary>Whether a parameter is one of them.</summary>
    public bool Contains(Parameter parameter) => _turned.ContainsKey(parameter.Name);

    /// <summary>Loads a parameter where it is one of them.</summary>
    public bool Load(Parameter parameter, Device device)
    {
        if (!_turned.TryGetValue(parameter.Name, out (string Source, ModuleSpec Module, bool IsA) pair))
        {
            return false;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor stored = Tensors.Load(_file, _file[pair.Source], ScalarType.Float32, device);
        int experts = pair.Module.Experts;
        Tensor value = pair.IsA
            ? stored.view(pair.Module.In, -1, experts).permute(2, 1, 0) // [i, r x] -> [i, r, x] -> [x, r, i]
            : stored.view(experts, -1, pair.Module.Out).permute(2, 1, 0); // [x r, o] -> [x, r, o] -> [o, r, x]
        parameter.Value.copy_(value.reshape(parameter.Value.shape)); // [x, r, i] -> [x r, i], or [o, r, x] -> [o, r x]
        stored.Dispose();
        return true;
    }

    private static bool IsOld(LoraConfig config, ModuleSpec module, long width, SafetensorsFile file)
    {
        if (module.In != module.Out)
        {
            return width == module.Out;
        }

        // "0.18.1.dev0" is of 0.18 too.
        string? text = (string?)config.Source?["peft_version"];
        string number = string.Join('.', (text ?? "").Split('.').Take(2));
        return Version.TryParse(number, out Version? version)
            ? version < _today
            : throw new MttException(
                $"{file.Path}: {module.Path} is as wide as it is high, and {LoraConfigJson.FileName} names no peft_version: the order of its pairs cannot be told",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Write peft_version into it: the version that trained the adapter. PEFT changed the order in {_today}."
                )
            );
    }
}
