namespace MultiTurnTrainer.Context.Summaries;

/// <summary>A rolling summary.</summary>
/// <param name="Lines">Its lines in order.</param>
/// <param name="Cap">The most tokens it has.</param>
/// <param name="FactsOnly">Whether it keeps key facts only.</param>
/// <param name="Made">What a model wrote, before the lines.</param>
/// <param name="MadeOf">The messages that covers.</param>
public sealed record SummaryState(
    IReadOnlyList<SummaryLine> Lines,
    int Cap,
    bool FactsOnly,
    string Made = "",
    IReadOnlyList<int>? MadeOf = null
);

/// <summary>A line of a summary.</summary>
/// <param name="Order">Its place among all that were ever there.</param>
/// <param name="Message">The message it comes from.</param>
/// <param name="Text">Its text.</param>
/// <param name="Worth">What it is worth beside others.</param>
/// <param name="Tokens">Its tokens.</param>
public sealed record SummaryLine(int Order, int Message, string Text, double Worth, int Tokens);
