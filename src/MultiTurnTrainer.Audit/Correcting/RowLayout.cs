// Folder Correcting: rows with the proven mask, in the layout that a trainer reads.
// Refuses to know: what was wrong with the trainer's own.
using MultiTurnTrainer.Audit.Trainers;

namespace MultiTurnTrainer.Audit.Correcting;

/// <summary>How a trainer takes rows that are tokenized already: its columns, its folders, the settings that name them.</summary>
/// <param name="Columns">The columns, in order.</param>
/// <param name="Split">The folder below the output that holds the rows; null: the output itself.</param>
/// <param name="Settings">What to write into its settings, with <c>OUT</c> for the output.</param>
internal sealed record RowLayout(IReadOnlyList<string> Columns, string? Split, string Settings)
{
    /// <summary>The layout of a trainer; null is any that reads <c>datasets</c> folders.</summary>
    public static RowLayout Of(TrainerKind? kind) =>
        kind switch
        {
            TrainerKind.Trl => new(
                ["input_ids", "labels"],
                null,
                "SFTTrainer(train_dataset=datasets.load_from_disk(\"OUT\"), args=SFTConfig(assistant_only_loss=False, max_length=None))"
            ),
            TrainerKind.Unsloth => new(
                ["input_ids", "labels"],
                null,
                "SFTTrainer(train_dataset=datasets.load_from_disk(\"OUT\")), without train_on_responses_only"
            ),
            TrainerKind.Axolotl => new(
                ["input_ids", "attention_mask", "labels"],
                null,
                "datasets: [{path: OUT}], without a type: rows that are tokenized already are taken as they are"
            ),
            TrainerKind.LlamaFactory => new(
                ["input_ids", "attention_mask", "labels"],
                "train",
                "tokenized_path: OUT; other settings of data are then ignored"
            ),
            TrainerKind.Swift => new(
                ["input_ids", "labels", "lengths"],
                "train",
                "--cached_dataset OUT, without --dataset"
            ),
            _ => new(["input_ids", "attention_mask", "labels"], null, "datasets.load_from_disk(\"OUT\")"),
        };
}
