namespace MultiTurnTrainer.Audit.Trainers.Trl;

/// <summary>The settings of <c>SFTConfig</c> that change what is trained.</summary>
/// <param name="AssistantOnly"><c>assistant_only_loss</c>.</param>
/// <param name="CompletionOnly"><c>completion_only_loss</c>; null is true for rows of prompt and completion.</param>
/// <param name="MaxLength"><c>max_length</c>; null cuts nothing.</param>
/// <param name="KeepEnd"><c>truncation_mode: keep_end</c>.</param>
internal sealed record TrlSettings(bool AssistantOnly, bool? CompletionOnly, int? MaxLength, bool KeepEnd)
{
    private const int DefaultLength = 1024;

    /// <summary>Names by which an <c>SFTConfig</c> is known.</summary>
    public static IReadOnlyList<string> Signs { get; } =
    ["assistant_only_loss", "completion_only_loss", "truncation_mode", "dataset_text_field", "packing_strategy"];

    /// <summary>Reads the settings.</summary>
    /// <exception cref="MttException">A value has no meaning.</exception>
    public static TrlSettings Read(TrainerConfig config)
    {
        bool hasLength = config.Names.Contains("max_length");
        int? length = config.Number("max_length");
        string mode = config.Text("truncation_mode") ?? "keep_start";
        if (mode is not ("keep_start" or "keep_end"))
        {
            throw config.Unsupported("truncation_mode", $"is {mode}", "TRL knows keep_start and keep_end.");
        }

        if (config.Flag("packing") == true && config.Text("packing_strategy") == "wrapped")
        {
            throw config.Unsupported(
                "packing_strategy",
                "wrapped lays rows end to end and cuts them anywhere",
                "Audit the prepared rows themselves: mtt audit ROWS."
            );
        }

        config.Ignore(["packing", "packing_strategy", "dataset_text_field"]);
        return new TrlSettings(
            config.Flag("assistant_only_loss") ?? false,
            config.Flag("completion_only_loss"),
            hasLength ? length : DefaultLength,
            mode == "keep_end"
        );
    }
}
