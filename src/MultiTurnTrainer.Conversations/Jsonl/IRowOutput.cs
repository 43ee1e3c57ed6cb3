namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>A file of canonical rows that appears when it is committed, or not at all.</summary>
public interface IRowOutput : IDisposable
{
    /// <summary>The final path.</summary>
    string Path { get; }

    /// <summary>Adds a row.</summary>
    void Write(Conversation row);

    /// <summary>Finishes the file and gives it its name.</summary>
    void Commit();
}
