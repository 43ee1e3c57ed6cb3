namespace MultiTurnTrainer.Cli.Presets;

/// <summary>What to do with what <c>mtt init</c> wrote: commands that work as they stand.</summary>
internal static class NextSteps
{
    /// <summary>After a starter project.</summary>
    public static IReadOnlyList<string> OfProject(Preset preset)
    {
        string data = preset.Files.First(file => file.StartsWith("data/", StringComparison.Ordinal));
        return
        [
            $"mtt validate {data}",
            $"mtt inspect {data} --model model",
            $"mtt mask {data} --model model --output rows.parquet",
            "mtt train --model model --train rows.parquet --output adapter",
            $"mtt generate {data} --model model --adapter adapter --max-new-tokens 40",
        ];
    }

    /// <summary>After the prompts of <c>mtt review</c>.</summary>
    public static IReadOnlyList<string> OfPrompts { get; } =
    ["mtt review SEEDS.jsonl --prompts . --endpoint http://localhost:8000/v1 --model NAME --dry-run"];

    /// <summary>After a model with random weights.</summary>
    public static IReadOnlyList<string> OfModel { get; } =
    ["mtt inspect CHATS.jsonl --model .", "mtt train --model . --train CHATS.jsonl --output ../adapter"];
}
