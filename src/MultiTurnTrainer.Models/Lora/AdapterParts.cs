using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>What an adapter does to which modules of one model.</summary>
/// <param name="Targets">Modules with a low-rank pair of their own, in the model's order.</param>
/// <param name="Whole">Modules that are trained whole, in the model's order.</param>
/// <param name="Tokens">Tables of which the rows of some tokens are trained.</param>
/// <param name="Tied">Whether the head follows what is done to the embedding (<c>ensure_weight_tying</c> on a tied model).</param>
internal sealed record AdapterParts(
    IReadOnlyList<ModuleSpec> Targets,
    IReadOnlyList<ModuleSpec> Whole,
    IReadOnlyList<(ModuleSpec Module, IReadOnlyList<int> Ids)> Tokens,
    bool Tied
)
{
    /// <summary>Finds the parts by PEFT's rules.</summary>
    /// <exception cref="MttException">Nothing matches, or the configuration contradicts itself or the model.</exception>
    public static AdapterParts Find(LoraConfig config, CausalLM model)
    {
        ModuleLayout layout = model.Layout;
        bool tied = config.EnsureWeightTying && model.Config.TiedHead;
        AdapterParts parts = new(
            Tie(LoraTargets.Select(config, layout), layout, tied),
            Tie(LoraTargets.SelectWhole(config, layout), layout, tied),
            SelectTokens(config, model),
            tied
        );
        parts.RefuseContradictions(config, layout);
        return parts;
    }

    /// <summary>Whether a target is a parameter of a module that has a later one among the targets.</summary>
    public bool IsInner(ModuleSpec module) =>
        module.Kind == ModuleKind.Experts
        && Targets.Any(other =>
            other.Kind == ModuleKind.Experts
            && other.Slot > module.Slot
            && LoraNames.Holder(other) == LoraNames.Holder(module)
        );

    /// <summary>Whether the head's pair is the embedding's, seen from the other side.</summary>
    public bool BorrowsHead(ModuleLayout layout) => Tied && Targets.Contains(layout.Embedding);

    // The embedding stands for both of a tied pair.
    private static IReadOnlyList<ModuleSpec> Tie(IReadOnlyList<ModuleSpec> modules, ModuleLayout layout, bool tied)
    {
        ModuleSpec head = layout.Head;
        return !tied || !modules.Contains(head)
            ? modules
            :
            [
                .. modules
                    .Select(module => module == head ? layout.Embedding : module)
                    .Distinct()
                    .OrderBy(module => module.Slot),
            ];
    }

    private static List<(ModuleSpec Module, IReadOnlyList<int> Ids)> SelectTokens(LoraConfig config, CausalLM model)
    {
        ModuleSpec embedding = model.Layout.Embedding;
        ModuleSpec head = model.Layout.Head;
        List<(ModuleSpec Module, IReadOnlyList<int> Ids)> tokens = [];
        foreach ((string name, IReadOnlyList<int> ids) in config.TrainableTokens)
        {
            ModuleSpec module =
                Array.Find([embedding, head], table => table.Path.EndsWith(name, StringComparison.Ordinal))
                ?? throw new MttException(
                    $"trainable_token_indices '{name}' names no table of tokens",
                    "Name embed_tokens or lm_head."
                );
            int vocabulary = model.Config.VocabularySize;
            if (ids.Distinct().Count() != ids.Count || ids.Any(id => id < 0 || id >= vocabulary))
            {
                throw new MttException(
                    $"trainable_token_indices '{name}': an id occurs twice or lies outside the vocabulary of {vocabulary}",
                    "Give ids of this model's tokens, each once."
                );
            }

            tokens.Add((module, ids));
        }

        // A tied head follows the embedding; the file then holds the rows once.
        return
            model.Config.TiedHead
            && tokens.Find(part => part.Module == embedding).Ids is { } rows
            && tokens.Find(part => part.Module == head).Ids is { } own
            && rows.SequenceEqual(own)
            ? [.. tokens.Where(part => part.Module == embedding)]
            : tokens;
    }

    private void RefuseContradictions(LoraConfig config, ModuleLayout layout)
    {
        if (
            Tokens.Select(part => part.Module).FirstOrDefault(module => Targets.Concat(Whole).Contains(module)) is
            { } twice
        )
        {
            throw new MttException(
                $"{twice.Path} is in trainable_token_indices and in target_modules or modules_to_save",
                "Train a table's rows, all of it, or a low-rank change of it."
            );
        }

        ModuleSpec[] tables = [layout.Embedding, layout.Head];
        if (config.LoraBias && Targets.FirstOrDefault(tables.Contains) is { } table)
        {
            throw new MttException(
                $"lora_bias beside the target {table.Path} is not supported",
                "Adapt the linear modules of the layers with it, or leave lora_bias out."
            );
        }

        if (config.UseDora && BorrowsHead(layout))
        {
            throw new MttException(
                "ensure_weight_tying beside use_dora with an adapted embedding is not supported",
                "Leave one of the two out."
            );
        }
    }
}
