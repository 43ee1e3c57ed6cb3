namespace MultiTurnTrainer.Context.Policies;

/// <summary>Policies by name, for <c>--policy NAME</c>.</summary>
public static class PolicyPresets
{
    /// <summary>Everything, however long: the base of every comparison.</summary>
    public const string Naive = "naive";

    private static readonly Dictionary<string, ContextPolicy> _all = new(StringComparer.Ordinal)
    {
        ["default"] = new(),
        [Naive] = new()
        {
            Overflow = OverflowMode.Allow,
            History = new() { Turns = 0, Bite = 1 },
            Summary = new() { MaxTokens = 0 },
            Tools = new() { ExtractAbove = 0 },
            Constraints = new() { Enabled = false, RepeatEvery = 0 },
            Session = new() { RefreshAfterDays = 0, OfferResetAfter = 0 },
            Steps = [],
        },
        ["window"] = new()
        {
            Summary = new() { MaxTokens = 0 },
            Constraints = new() { Enabled = false, RepeatEvery = 0 },
            Tools = new() { ExtractAbove = 0 },
            Session = new() { RefreshAfterDays = 0 },
            Steps = [],
        },
        ["support"] = new()
        {
            History = new() { Turns = 10, Bite = 5 },
            Tools = new() { ExtractAbove = 1000, ExtractTo = 250 },
            Session = new()
            {
                RefreshAfterDays = 1,
                OfferResetAfter = 60,
                SplitSubtasks = true,
            },
        },
        ["code"] = new()
        {
            History = new() { Turns = 16, Bite = 8 },
            Summary = new() { MaxTokens = 500 },
            Tools = new() { KeepResults = 4, ExtractAbove = 0 },
        },
        ["roleplay"] = new()
        {
            History = new() { Turns = 20, Bite = 8 },
            Summary = new() { MaxTokens = 300, Proposals = false },
            Constraints = new() { RepeatEvery = 8 },
        },
        ["retrieval"] = new()
        {
            History = new() { Turns = 8, Bite = 4 },
            Documents = new() { MaxTokens = 2000 },
            Tools = new()
            {
                KeepResults = 1,
                ExtractAbove = 600,
                ExtractTo = 250,
            },
        },
        ["agent"] = new()
        {
            History = new() { Turns = 0, Bite = 1 },
            Summary = new() { MaxTokens = 500 },
            Tools = new()
            {
                KeepResults = 5,
                ExtractAbove = 4000,
                ExtractTo = 800,
            },
        },
        // Beside the others, whose fingerprints are in adapters: long acquaintance, where anything said once may be asked for later.
        ["recall"] = new() { Retrieval = new() },
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => _all.Keys;

    /// <summary>The policy of a name, or null.</summary>
    public static ContextPolicy? Find(string name) => _all.GetValueOrDefault(name);
}
