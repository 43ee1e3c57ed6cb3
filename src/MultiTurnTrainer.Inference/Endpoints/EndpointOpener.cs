using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>What a run's roles need of endpoints.</summary>
/// <param name="Roles">All roles.</param>
/// <param name="Model">The model of roles that name none.</param>
internal sealed record EndpointPlan(IReadOnlyList<RoleSettings> Roles, string? Model)
{
    public required IReadOnlyDictionary<string, EndpointSettings> Endpoints { get; init; }

    public required RetrySettings Retry { get; init; }

    public required int Seed { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public required Func<string, IChatModel>? LocalModel { get; init; }

    public required TimeProvider Time { get; init; }
}

/// <summary>Builds the endpoints that a run's roles need, and says early what is missing.</summary>
internal static class EndpointOpener
{
    public static EndpointPool Open(EndpointPlan plan)
    {
        Secrets secrets = new();
        List<Endpoint> endpoints = [];
        bool remote = false;
        foreach (RoleSettings role in plan.Roles)
        {
            string model =
                role.Model
                ?? plan.Model
                ?? throw new MttException(
                    "no model is named",
                    "Give --model (with --resume too), or name it in mtt.yaml."
                );
            if (Directory.Exists(model))
            {
                AddLocal(plan, model, endpoints);
                continue;
            }

            remote = true;
            if (role.Endpoints.FirstOrDefault(name => !plan.Endpoints.ContainsKey(name)) is { } unknown)
            {
                throw new MttException(
                    $"a role names the endpoint '{unknown}', which is not defined",
                    $"Known: {string.Join(", ", plan.Endpoints.Keys.Order(StringComparer.Ordinal))}."
                );
            }
        }

        if (remote && plan.Endpoints.Count == 0)
        {
            throw new MttException(
                "no endpoint is named, and the model is not a local folder",
                "Give --endpoint URL, name endpoints in mtt.yaml, or name a model folder."
            );
        }

        foreach ((string name, EndpointSettings endpoint) in plan.Endpoints)
        {
            OpenAIChatModel server = new(new(name, endpoint, secrets, plan.Environment, plan.Time), endpoint);
            endpoints.Add(new Endpoint(name, endpoint, server, plan.Time));
        }

        return new EndpointPool(endpoints, plan.Retry, plan.Time, plan.Seed);
    }

    private static void AddLocal(EndpointPlan plan, string model, List<Endpoint> endpoints)
    {
        string name = EndpointPool.LocalName(model);
        if (endpoints.Exists(endpoint => endpoint.Name == name))
        {
            return;
        }

        Func<string, IChatModel> open =
            plan.LocalModel
            ?? throw new MttException($"{model}: local models cannot be run here", "Name an endpoint with --endpoint.");

        // What waits is answered in batches of as many, and waiting for a busy processor is no failure.
        EndpointSettings settings = new() { MaxConcurrency = 16, TimeoutSeconds = 86_400 };
        endpoints.Add(new Endpoint(name, settings, open(model), plan.Time));
    }
}
