using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>The trained tensors of an adapter: names and shapes, in the order of the flat buffer.</summary>
internal static class AdapterShapes
{
    public static List<(string Name, long[] Shape)> List(LoraConfig config, AdapterParts parts)
    {
        List<(string Name, long[] Shape)> shapes = [];
        foreach (ModuleSpec module in parts.Targets)
        {
            int rank = LoraTargets.Rank(config, module);
            bool embedding = module.Kind == ModuleKind.Embedding;
            (int input, int output) = embedding ? (module.Out, module.In) : (module.In, module.Out);
            rank *= Math.Max(module.Experts, 1);
            shapes.Add((LoraNames.A(module, parts.IsInner(module)), [rank, input]));
            shapes.Add((LoraNames.B(module, parts.IsInner(module)), [output, rank]));
            if (config.LoraBias)
            {
                shapes.Add((LoraNames.Bias(module), [output]));
            }

            if (config.UseDora)
            {
                shapes.Add((LoraNames.Magnitude(module), [output]));
            }
        }

        foreach (ModuleSpec module in parts.Whole)
        {
            shapes.Add((LoraNames.WholeWeight(module), module.Shape));
            if (module.HasBias)
            {
                shapes.Add((LoraNames.WholeBias(module), [module.Out]));
            }
        }

        foreach ((ModuleSpec module, IReadOnlyList<int> ids) in parts.Tokens)
        {
            shapes.Add((LoraNames.TokenRows(module), [ids.Count, module.In]));
        }

        return shapes;
    }
}
