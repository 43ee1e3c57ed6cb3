namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>Told what is fetched.</summary>
public interface IHubObserver
{
    /// <summary>What is about to be fetched is known; called once, and not where everything is there already.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="files">Files that are missing.</param>
    /// <param name="bytes">Their bytes.</param>
    void Planned(string repository, int files, long bytes);

    /// <summary>Bytes arrived; fewer than zero where some have to come again. Called from several threads.</summary>
    void Received(long bytes);

    /// <summary>Something that the user should know.</summary>
    void Noted(string text);
}
