using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Artefacts;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>A server whose policy asks a model, which the scripted server answers too.</summary>
internal static class ArtefactServer
{
    public static Task<TestServer> StartAsync(
        MemorySessionStore store,
        ContextPolicy policy,
        string model,
        Func<Received, Answer> script
    ) =>
        TestServer.StartAsync(
            script,
            plan =>
                plan with
                {
                    Sessions = plan.Sessions with { Store = store },
                    Artefacts = new ServedArtefacts(
                        new ArtefactModel(
                            new ArtefactSettings
                            {
                                Endpoints = new Dictionary<string, EndpointSettings>
                                {
                                    ["it"] = plan.Models.Endpoints[0].Settings with { Model = model },
                                },
                                Retry = new RetrySettings { MaxRetries = 0 },
                            },
                            [model],
                            null,
                            _ => null,
                            TimeProvider.System
                        ),
                        null,
                        null
                    ),
                },
            policy
        );
}
