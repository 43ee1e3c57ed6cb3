using MultiTurnTrainer.Audit.Comparing;

namespace MultiTurnTrainer.Audit.Pairing;

/// <summary>A conversation of the data, and what mtt makes of it.</summary>
/// <param name="Index">Its place in the data, from 0.</param>
/// <param name="Id">Its id, or null.</param>
/// <param name="File">Its file.</param>
/// <param name="Line">Its line there.</param>
/// <param name="Rows">mtt's rows; none where it is refused.</param>
/// <param name="Refusals">Why there is none: code, message, text.</param>
internal sealed record OwnConversation(
    long Index,
    string? Id,
    string File,
    long Line,
    IReadOnlyList<OwnRow> Rows,
    IReadOnlyList<RowFinding> Refusals
)
{
    /// <summary>The tokens of its contents, for one that is refused: by these its row is found.</summary>
    public int[] Contents { get; init; } = [];

    /// <summary>What the conversation is known by: its id, or a hash of what it says.</summary>
    public string Key { get; init; } = "";
}
