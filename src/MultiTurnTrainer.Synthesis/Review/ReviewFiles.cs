namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>The files of a run's output folder.</summary>
/// <param name="Folder">The folder.</param>
public sealed record ReviewFiles(string Folder)
{
    /// <summary>The conversations, canonical, in the seeds' order.</summary>
    public string Conversations => Path.Combine(Folder, "conversations.jsonl");

    /// <summary>Every dialogue with every call, in the seeds' order.</summary>
    public string Trace => Path.Combine(Folder, "trace.jsonl");

    /// <summary>The append-only record that a resumed run goes on from.</summary>
    public string Journal => Path.Combine(Folder, "journal.jsonl");

    /// <summary>The measures.</summary>
    public string Quality => Path.Combine(Folder, "quality.json");

    /// <summary>The measures as a page with plots.</summary>
    public string QualityPage => Path.Combine(Folder, "quality.html");
}
