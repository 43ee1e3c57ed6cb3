namespace MultiTurnTrainer.Context.Planning;

/// <summary>A hash over messages that grows with them: the key of a summary that a model made of them.</summary>
internal sealed class SourceHash
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The hash so far, as lower-case hexadecimal.</summary>
    public string Value => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Adds a message.</summary>
    public void Add(Message message)
    {
        _hash.AppendData(message.Json.RawUtf8);
        _hash.AppendData("\n"u8);
    }
}
