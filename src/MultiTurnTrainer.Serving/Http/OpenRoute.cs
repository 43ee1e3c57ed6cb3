namespace MultiTurnTrainer.Serving.Http;

/// <summary>Marks a route that answers without a key: it asks for one itself, or holds nothing of a tenant.</summary>
internal sealed class OpenRoute
{
    /// <summary>The mark.</summary>
    public static OpenRoute Mark { get; } = new();
}
