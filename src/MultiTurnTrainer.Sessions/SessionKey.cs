// Folder Sessions: served conversations: their events, what those add up to, and the stores that keep them.
// Refuses to know: HTTP, models, commands.
namespace MultiTurnTrainer.Sessions;

/// <summary>Which session: an id says something only together with its tenant, so that nobody reaches another tenant's by its id.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Id">Its id.</param>
public readonly record struct SessionKey(string Tenant, string Id)
{
    /// <summary>As <c>tenant/id</c>, for logs and for the names of what is kept for it.</summary>
    public override string ToString() => $"{Tenant}/{Id}";
}
