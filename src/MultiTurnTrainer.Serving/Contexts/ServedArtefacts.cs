using MultiTurnTrainer.Inference.Artefacts;

namespace MultiTurnTrainer.Serving.Contexts;

/// <summary>What the policy of a server asks of models: made once for a session, and kept in its log.</summary>
/// <param name="model">The models; disposed with this.</param>
/// <param name="file">Where what chats without a session need is kept, disposed with this; null refuses such chats where something is missing.</param>
/// <param name="maker">Makes it.</param>
public sealed class ServedArtefacts(ArtefactModel model, ArtefactFile? file, ArtefactMaker? maker) : IDisposable
{
    /// <summary>Finds what was made for chats without a session.</summary>
    internal IArtefacts? OfChats => maker;

    /// <inheritdoc/>
    public void Dispose()
    {
        maker?.Dispose();
        model.Dispose();
        file?.Dispose();
    }

    /// <summary>Does something for which a session's plans may need what is not made yet.</summary>
    /// <param name="log">The sessions.</param>
    /// <param name="session">The session.</param>
    /// <param name="prompts">Its prompts.</param>
    /// <param name="action">What to do; done again where something had to be made.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The events that were added to the session.</returns>
    internal async Task<int> DoAsync(
        SessionLog log,
        SessionKey session,
        PromptContext prompts,
        Action action,
        CancellationToken cancellation
    )
    {
        int added = 0;
        while (Missing(action) is { } missing)
        {
            Artefact[] made = await Task.WhenAll(missing.Select(request => AskAsync(request, cancellation)))
                .ConfigureAwait(false);
            await log.ChangeAsync(session, _ => [.. made.Select(artefact => new ArtefactMade(artefact))], cancellation)
                .ConfigureAwait(false);
            prompts.Take(made);
            added += made.Length;
        }

        return added;
    }

    /// <summary>The same for a chat without a session.</summary>
    internal async Task DoAsync(Action action, CancellationToken cancellation)
    {
        while (Missing(action) is { } missing)
        {
            await (
                maker?.MakeAsync(missing, cancellation) ?? throw new ArtefactMissingException(missing)
            ).ConfigureAwait(false);
        }
    }

    // A conversation goes on without what no model makes: the prompt is as if nothing had been asked.
    private async Task<Artefact> AskAsync(ArtefactRequest request, CancellationToken cancellation)
    {
        try
        {
            return await model.AskAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (MttException problem)
        {
            return Artefact.Of(request) with { Error = problem.Message };
        }
    }

    private static IReadOnlyList<ArtefactRequest>? Missing(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (ArtefactMissingException missing)
        {
            return missing.Missing;
        }
    }
}
