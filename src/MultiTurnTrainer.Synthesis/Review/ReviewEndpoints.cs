using MultiTurnTrainer.Files;
using MultiTurnTrainer.Synthesis.Endpoints;
using MultiTurnTrainer.Synthesis.Settings;

namespace MultiTurnTrainer.Synthesis.Review;

/// <summary>Builds the endpoints that a run's roles need, and says early what is missing.</summary>
internal static class ReviewEndpoints
{
    public static EndpointPool Open(ReviewJob job)
    {
        ReviewSettings settings = job.Settings;
        RoleSettings[] roles = [settings.Candidate, settings.Chairman, .. settings.Reviewers];
        Secrets secrets = new();
        List<Endpoint> endpoints = [];
        bool remote = false;
        foreach (RoleSettings role in roles)
        {
            string model =
                role.Model
                ?? settings.Model
                ?? throw new MttException("no model is named", "Give --model, or set review.model in mtt.yaml.");
            if (Directory.Exists(model))
            {
                AddLocal(job, model, endpoints);
                continue;
            }

            remote = true;
            if (role.Endpoints.FirstOrDefault(name => !settings.Endpoints.ContainsKey(name)) is { } unknown)
            {
                throw new MttException(
                    $"a role names the endpoint '{unknown}', which is not defined",
                    $"Known: {string.Join(", ", settings.Endpoints.Keys.Order(StringComparer.Ordinal))}."
                );
            }
        }

        if (remote && settings.Endpoints.Count == 0)
        {
            throw new MttException(
                "no endpoint is named, and the model is not a local folder",
                "Give --endpoint URL, set review.endpoints in mtt.yaml, or name a model folder."
            );
        }

        foreach ((string name, EndpointSettings endpoint) in settings.Endpoints)
        {
            OpenAIChatModel server = new(name, endpoint, secrets, job.Environment, job.Time);
            endpoints.Add(new Endpoint(name, endpoint, server, job.Time));
        }

        return new EndpointPool(endpoints, settings.Retry, job.Time, settings.Seed);
    }

    private static void AddLocal(ReviewJob job, string model, List<Endpoint> endpoints)
    {
        string name = EndpointPool.LocalName(model);
        if (endpoints.Exists(endpoint => endpoint.Name == name))
        {
            return;
        }

        Func<string, IChatModel> open =
            job.LocalModel
            ?? throw new MttException($"{model}: local models cannot be run here", "Name an endpoint with --endpoint.");

        // The model answers one request at a time, and waiting for a busy processor is no failure.
        EndpointSettings settings = new() { MaxConcurrency = 1, TimeoutSeconds = 86_400 };
        endpoints.Add(new Endpoint(name, settings, open(model), job.Time));
    }
}
