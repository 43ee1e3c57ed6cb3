namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What a server says of itself when it has started.</summary>
internal static class ServeText
{
    public static string Started(ChatServer server, ServerPlan plan) =>
        $$"""
            serving {{string.Join(", ", server.Models.Select(Printable.Line))}} at {{server.Url}}/v1
            page    {{server.Url}}/
            policy  {{plan.Policy.Name}} ({{plan.Policy.Fingerprint[..12]}})
            store   {{Printable.Line(plan.Sessions.Store.Place)}}
            {{Metrics(
                server
            )}}try     curl {{server.Url}}/v1/chat/completions -H 'Content-Type: application/json' -d '{"messages": [{"role": "user", "content": "Hello"}]}'
            """;

    private static string Metrics(ChatServer server) => server.MetricsUrl is { } url ? $"metrics {url}/metrics\n" : "";
}
