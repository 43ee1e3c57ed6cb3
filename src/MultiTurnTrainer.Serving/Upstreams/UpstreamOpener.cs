using MultiTurnTrainer.Serving.Settings;

namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>Opens what the server answers with.</summary>
internal static class UpstreamOpener
{
    /// <exception cref="MttException">A folder cannot be read, an address is none, or two models have one name.</exception>
    public static UpstreamSet Open(ModelsOptions models, Func<string, string?> environment, TimeProvider time)
    {
        List<IUpstream> upstreams = [];
        if (models.Local is { } local)
        {
            LocalServedModel model = new(local, models.CacheBytes, models.LocalRows);
            upstreams.Add(new LocalUpstream(models.LocalName, model, time));
        }

        foreach (IGrouping<string, ServedEndpoint> group in models.Endpoints.GroupBy(endpoint => endpoint.Name))
        {
            (ChatEndpoint, string)[] servers =
            [
                .. group.Select(endpoint =>
                    (
                        new ChatEndpoint(endpoint.Name, endpoint.Settings, environment, time),
                        endpoint.Settings.Model ?? endpoint.Name
                    )
                ),
            ];
            upstreams.Add(new EndpointUpstream(group.Key, servers, models.Retry, time));
        }

        if (upstreams.Count == 0)
        {
            throw new MttException("no model is named", "Give --model DIR, or --endpoint URL --name NAME.");
        }

        return upstreams.Select(upstream => upstream.Model).Distinct().Count() == upstreams.Count
            ? new UpstreamSet(upstreams)
            : throw new MttException(
                $"the folder and an endpoint are both called {models.LocalName}",
                "Give the endpoint another --name."
            );
    }
}
