namespace MultiTurnTrainer.Models.Generation;

/// <summary>A batch being decoded: what it has read, and how it goes on.</summary>
internal interface IDecoder : IDisposable
{
    /// <summary>Reads the rows from their first token and gives the logits after each, [rows · vocabulary].</summary>
    float[] Read(IReadOnlyList<IReadOnlyList<int>> rows);

    /// <summary>Feeds each row one more token and gives the logits after it.</summary>
    float[] Step(int[] ids);

    /// <summary>Reads more tokens of the only row, whose beginning it has read, and gives the logits after the last.</summary>
    float[] Extend(IReadOnlyList<int> ids);

    /// <summary>Keeps some rows, in the given order.</summary>
    void Keep(int[] rows);

    /// <summary>Hands out what was read of the only row; the decoder then has none.</summary>
    ISequenceCache Detach();

    /// <summary>Goes on with what was handed out, as the only row.</summary>
    void Attach(ISequenceCache row);
}
