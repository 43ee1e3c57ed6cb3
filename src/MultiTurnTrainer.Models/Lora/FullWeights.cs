using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>Full fine-tuning: an fp32 master copy of every weight, laid over the base like an adapter. A tied head stays tied.</summary>
public sealed class FullWeights : Adapter
{
    private FullWeights(CausalLM model)
        : base(model.Layout, new ParameterSet(Shapes(model), model.Device))
    {
        foreach (ModuleSpec module in model.Layout.Modules)
        {
            bool tied = WeightLoader.IsTiedHead(model.Config, module);
            string name = tied ? model.Layout.Embedding.WeightName : module.WeightName;
            Replace(module, Parameters[name].Value, module.HasBias ? Parameters[module.BiasName].Value : null);
        }
    }

    /// <summary>Copies a model's weights.</summary>
    /// <exception cref="Files.MttException">They are quantised.</exception>
    public static FullWeights Create(CausalLM model)
    {
        if (model.IsQuantised)
        {
            throw RefuseQuantised();
        }

        FullWeights full = new(model);
        using (no_grad())
        {
            foreach (ModuleSpec module in model.Layout.Modules)
            {
                full.Weight(module.Slot)!.copy_(model.Weight(module));
                full.Bias(module.Slot)?.copy_(model.Bias(module)!);
            }
        }

        return full;
    }

    /// <summary>The error for a base whose weights are codes.</summary>
    public static MttException RefuseQuantised() =>
        new(
            "finetuning_type is full, and the base is quantised: codes cannot be trained",
            "Train an adapter (finetuning_type: lora), or an unquantised base: mtt export --dequantise writes one."
        );

    /// <summary>Writes <c>model.safetensors</c> under the base's names and in its stored type.</summary>
    /// <param name="path">The file's path.</param>
    /// <param name="type">The type to round to, once.</param>
    /// <param name="force">Whether a file at that path may be replaced.</param>
    public void Save(string path, SafetensorsType type, bool force) =>
        SafetensorsWriter.Write(
            path,
            Parameters.All.Select(parameter => Tensors.Piece(parameter.Name, parameter.Value, type)),
            SafetensorsWriter.PyTorchMetadata,
            force
        );

    private static List<(string Name, long[] Shape)> Shapes(CausalLM model)
    {
        List<(string Name, long[] Shape)> shapes = [];
        foreach (ModuleSpec module in model.Layout.Modules)
        {
            if (!WeightLoader.IsTiedHead(model.Config, module))
            {
                shapes.Add((module.WeightName, module.Shape));
            }

            if (module.HasBias)
            {
                shapes.Add((module.BiasName, [module.Out]));
            }
        }

        return shapes;
    }
}
