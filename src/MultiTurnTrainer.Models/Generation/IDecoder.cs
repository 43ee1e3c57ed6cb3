namespace MultiTurnTrainer.Models.Generation;

/// <summary>A batch being decoded: what it has read, and how it goes on.</summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Reads the rows from their first token and gives the logits after each, [rows · vocabulary].</summary>
    float[] Read(IReadOnlyList<IReadOnlyList<int>> rows);

    /// <summary>Feeds each row one more token and gives the logits after it.</summary>
    float[] Step(int[] ids);

    /// <summary>Reads more tokens of rows whose beginnings were read before, and gives the logits after each row's last.</summary>
    /// <param name="pasts">What was read of each row, of this decoder from now on; null for nothing.</param>
    /// <param name="rows">The tokens after it, at least one a row.</param>
    float[] Resume(IReadOnlyList<ISequenceCache?> pasts, IReadOnlyList<IReadOnlyList<int>> rows);

    /// <summary>Keeps some rows, in the given order.</summary>
    void Keep(int[] rows);

    /// <summary>Hands out what was read of a row; the row's place stays until <see cref="Keep"/>, and is not to be used.</summary>
    ISequenceCache Detach(int row);
}
