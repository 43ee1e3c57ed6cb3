using MultiTurnTrainer.Synthesis.Seeds;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>A dialogue that gave no conversation.</summary>
/// <param name="SeedIndex">The seed's index.</param>
/// <param name="Outcome">How it ended, such as <c>failed</c>.</param>
/// <param name="Reason">Why.</param>
public sealed record LeftOut(int SeedIndex, string Outcome, string Reason);

/// <summary>What a run came to.</summary>
/// <param name="Seeds">Usable seeds.</param>
/// <param name="Conversations">Conversations written.</param>
/// <param name="Incomplete">Dialogues that are not finished because the run was stopped.</param>
/// <param name="LeftOut">Finished dialogues that gave no conversation.</param>
/// <param name="Skipped">Records that hold no instruction.</param>
/// <param name="Outcomes">Finished dialogues by how they ended.</param>
/// <param name="Spent">What the whole run spent, earlier parts included.</param>
/// <param name="Stopped">The limit that stopped the run, in words; null where it ran to the end.</param>
public sealed record ReviewReport(
    int Seeds,
    int Conversations,
    int Incomplete,
    IReadOnlyList<LeftOut> LeftOut,
    IReadOnlyList<SkippedSeed> Skipped,
    IReadOnlyDictionary<string, int> Outcomes,
    Spending Spent,
    string? Stopped
);
