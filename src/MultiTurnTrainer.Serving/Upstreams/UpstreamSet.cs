using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>The models that this server answers with, by name.</summary>
internal sealed class UpstreamSet : IDisposable
{
    private readonly Dictionary<string, IUpstream> _byName;

    /// <param name="upstreams">The models, the standard one first.</param>
    public UpstreamSet(IReadOnlyList<IUpstream> upstreams)
    {
        Standard = upstreams[0];
        Names = [.. upstreams.Select(upstream => upstream.Model)];
        _byName = upstreams.ToDictionary(upstream => upstream.Model, StringComparer.Ordinal);
    }

    /// <summary>The one that answers where a request names none.</summary>
    public IUpstream Standard { get; }

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The model of a name; null and <c>default</c> mean the standard one.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public IUpstream Find(string? name) =>
        name is null or "" or "default" ? Standard
        : _byName.TryGetValue(name, out IUpstream? upstream) ? upstream
        : throw new ApiException(
            404,
            "model_not_found",
            $"There is no model '{Printable.Line(name)}'; this server has {string.Join(", ", Names)}."
        )
        {
            Param = "model",
        };

    /// <summary>Lets no model keep anything of a session.</summary>
    public void Forget(SessionKey session)
    {
        foreach (IUpstream upstream in _byName.Values)
        {
            upstream.Forget(session.ToString());
        }
    }

    public void Dispose()
    {
        foreach (IUpstream upstream in _byName.Values)
        {
            upstream.Dispose();
        }
    }
}
