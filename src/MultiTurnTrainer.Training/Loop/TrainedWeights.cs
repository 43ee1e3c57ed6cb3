using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a run trains: an adapter's matrices, or every weight of the model.</summary>
internal static class TrainedWeights
{
    /// <summary>Before anything is loaded: codes cannot be trained.</summary>
    /// <exception cref="MttException">All weights are to be trained, and the base is quantised.</exception>
    public static void RequireTrainable(ModelConfig config, TrainSettings settings)
    {
        if (
            settings.FinetuningType == FinetuningType.Full
            && (config.Quantisation is not null || settings.FourBit is not null)
        )
        {
            throw FullWeights.RefuseQuantised();
        }
    }

    /// <summary>The weights that a request asks for, with their first values.</summary>
    /// <exception cref="MttException">Settings that contradict each other or the model.</exception>
    public static Adapter Create(CausalLM model, TrainRequest request)
    {
        if (request.Train.FinetuningType == FinetuningType.Full)
        {
            return request.InitAdapter is null
                ? FullWeights.Create(model)
                : throw new MttException(
                    "--init-adapter starts an adapter, and finetuning_type is full",
                    "Merge the adapter first (mtt merge), or train an adapter."
                );
        }

        string hash = RunIdentity.HashOfWeights(request.Model);
        LoraAdapter adapter;
        if (request.InitAdapter is { } folder)
        {
            LoraChoice.RequireSame(request.Lora, LoraConfigJson.ReadFolder(folder), folder);
            adapter = LoraAdapter.Load(model, folder);
            RequireBase(adapter, hash, request);
        }
        else
        {
            ulong seed = unchecked((ulong)request.Train.Seed);
            string? name = request.BaseId ?? BaseName.Of(request.Model);
            adapter = LoraAdapter.Create(model, LoraChoice.CreateConfig(request.Lora, name), seed);
        }

        adapter.BaseHash = hash;
        return adapter;
    }

    // Shapes agree between siblings; an adapter on other weights is neither what was trained nor a fresh one.
    private static void RequireBase(LoraAdapter adapter, string hash, TrainRequest request)
    {
        if (adapter.BaseHash is { } recorded && recorded != hash)
        {
            using (adapter)
            {
                throw new MttException(
                    $"{request.InitAdapter}: was trained on other weights than those of {request.Model}",
                    $"Give the model that it was trained on (its adapter_config.json names {adapter.Config.BaseModel ?? "none"}), or merge it into that one first (mtt merge)."
                );
            }
        }
    }

    /// <summary>What the fingerprint must know of them.</summary>
    public static string Describe(Adapter adapter) =>
        adapter is LoraAdapter lora ? Encoding.UTF8.GetString(LoraConfigJson.Write(lora.Config)) : "full";

    /// <summary>Writes an adapter in PEFT's layout, with tokenizer and chat template.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="model">Its base.</param>
    /// <param name="request">Names the base's folder, and the template that stands in for its own.</param>
    /// <param name="folder">The adapter's folder.</param>
    /// <returns>The files written.</returns>
    public static IReadOnlyList<string> SaveAdapter(
        LoraAdapter adapter,
        CausalLM model,
        TrainRequest request,
        string folder
    )
    {
        adapter.Save(model, folder, force: true);
        List<string> names = [.. CompanionFiles.ListTokenizer(request.Model)];
        foreach (string name in names)
        {
            CompanionFiles.Copy(request.Model, name, folder, force: true);
        }

        if (request.Rows.Template is { } template)
        {
            byte[] own = File.ReadAllBytes(template);
            OutputFile.WriteAllBytes(Path.Combine(folder, CompanionFiles.ChatTemplate), own, force: true);
            names = [.. names.Append(CompanionFiles.ChatTemplate).Distinct()];
        }

        return
        [
            .. ((string[])["adapter_config.json", "adapter_model.safetensors", .. names]).Select(name =>
                Path.Combine(folder, name)
            ),
        ];
    }

    /// <summary>Writes an adapter's folder, or a whole model's.</summary>
    /// <returns>The files written.</returns>
    public static IReadOnlyList<string> Save(Adapter adapter, CausalLM model, TrainRequest request, OutputFolder output)
    {
        if (adapter is LoraAdapter lora)
        {
            return SaveAdapter(lora, model, request, output.Root);
        }

        string modelFolder = request.Model;
        ((FullWeights)adapter).Save(output["model.safetensors"], model.Config.StoredType, force: true);
        // The base may be the output of a run: its metrics and report are not this run's.
        string[] copied = [.. CompanionFiles.List(modelFolder).Where(name => !OutputFolder.Writes(name))];
        foreach (string name in copied)
        {
            CompanionFiles.Copy(modelFolder, name, output.Root, force: true);
        }

        return [output["model.safetensors"], .. copied.Select(name => output[name])];
    }
}
