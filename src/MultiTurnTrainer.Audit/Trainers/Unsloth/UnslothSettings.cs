namespace MultiTurnTrainer.Audit.Trainers.Unsloth;

/// <summary>
/// The arguments of a notebook: <c>train_on_responses_only</c> with those of the call, and <c>max_seq_length</c>. Unsloth has no
/// settings file; these are the names of its functions.
/// </summary>
/// <param name="InstructionPart"><c>instruction_part</c>; null is guessed.</param>
/// <param name="ResponsePart"><c>response_part</c>; null is guessed.</param>
/// <param name="ForceMatch"><c>force_match</c>.</param>
/// <param name="LastOnly"><c>last_response_only</c>.</param>
/// <param name="MaxLength"><c>max_seq_length</c>.</param>
internal sealed record UnslothSettings(
    string? InstructionPart,
    string? ResponsePart,
    bool ForceMatch,
    bool LastOnly,
    int? MaxLength
)
{
    private static readonly string[] _arguments =
    [
        "instruction_part",
        "response_part",
        "force_match",
        "last_response_only",
        "num_proc",
        "mask_out_tokens",
    ];

    /// <summary>Names by which the arguments are known.</summary>
    public static IReadOnlyList<string> Signs { get; } = ["train_on_responses_only"];

    /// <summary>Reads the arguments.</summary>
    /// <exception cref="MttException">They name a rule that is not written down here.</exception>
    public static UnslothSettings Read(TrainerConfig config)
    {
        const string name = "train_on_responses_only";
        JsonFields call = config.Take(name) as JsonFields ?? [];
        string? other = call.Select(member => member.Key).FirstOrDefault(key => !_arguments.Contains(key));
        if (other is not null || RowTree.IsTrue(call.Get("mask_out_tokens")))
        {
            throw config.Unsupported(
                name,
                $"{other ?? "mask_out_tokens"} is not reproduced",
                "Audit the prepared rows themselves: mtt audit ROWS."
            );
        }

        string? instruction = config.TextOf(call.Get("instruction_part"), name);
        string? response = config.TextOf(call.Get("response_part"), name);
        if (instruction is null != response is null)
        {
            throw config.Unsupported(name, "names one of its two parts", "Give both, or neither.");
        }

        config.Ignore(["model", "load_in_4bit", "dataset", "dataset_text_field"]);
        return new UnslothSettings(
            instruction,
            response,
            config.FlagOf(call.Get("force_match"), name) ?? true,
            config.FlagOf(call.Get("last_response_only"), name) ?? false,
            config.Number("max_seq_length")
        );
    }
}
