namespace MultiTurnTrainer.Models.Generation;

/// <summary>What a decoder has read of one sequence: taken out of it, it can go on later.</summary>
internal interface ISequenceCache : IDisposable
{
    /// <summary>Tokens held.</summary>
    int Length { get; }

    /// <summary>Memory held.</summary>
    long Bytes { get; }

    /// <summary>Forgets what comes after the first tokens.</summary>
    void Truncate(int length);
}
