using MultiTurnTrainer.Cli.Remote;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt serve</c>: models behind an OpenAI-compatible API, under the policy they were trained with.</summary>
internal static class ServeCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "serve";

    private const string _help = """
        Serve models behind an OpenAI-compatible API, under the context policy they were trained with.

        Examples:
          mtt serve --model model --adapter adapter
          mtt serve --endpoint http://localhost:8000/v1 --name qwen3 --policy support
          mtt serve --endpoint http://a:8000/v1 --name small --endpoint http://b:8000/v1 --name large --port 0
          mtt serve --model qwen3 --endpoint http://localhost:8000/v1      the folder counts, the server answers
          mtt serve --model model --metrics 9464 --otlp http://localhost:4318      mtt docs observe has a dashboard and alerts

        Listens on this machine only. Keys of endpoints come from OPENAI_API_KEY. SIGTERM and Ctrl-C let running answers
        finish for 30 seconds. The address itself is a page: the chat, and what the model sees. /openapi.json describes the API.
        """;

    private static readonly Option<int> _port = new Option<int>("--port")
    {
        Description = "The port; 0 takes any that is free.",
        DefaultValueFactory = _ => 8080,
    }.Between(0, 65_535);

    private static readonly Option<string[]> _hosts = new("--allow-host")
    {
        Description =
            "A further host name that requests may name, such as that of a proxy before this server; repeatable.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> _metrics = new("--metrics")
    {
        Description = "Serve /metrics for Prometheus on this port of this machine, or at ADDRESS:PORT.",
        HelpName = "PORT",
    };

    private static readonly Option<string?> _otlp = new("--otlp")
    {
        Description = "Send traces and metrics to this collector (OTLP over HTTP).",
        HelpName = "URL",
    };

    private static readonly ServedModelOptions _models = new();

    public static Command Create()
    {
        Command command = new(Name, _help) { _port, _hosts, _metrics, _otlp };
        _models.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken _)
    {
        StopRequest.Watch();
        ServerPlan plan = _models.Read(parsed) with
        {
            Options = new ServerOptions { Port = parsed.GetValue(_port), Hosts = parsed.GetValue(_hosts)! },
            Observe = _models.Observe(parsed, parsed.GetValue(_otlp), parsed.GetValue(_metrics)),
            Log = line => Console.Error.WriteLine(line),
        };
        await using ISessionStore store = plan.Sessions.Store;
        using ServedArtefacts? artefacts = plan.Artefacts;
        await using ChatServer server = await ChatServer.StartAsync(plan, StopRequest.Token);
        Console.Out.WriteLine(ServeText.Started(server, plan));
        await Task.Delay(Timeout.Infinite, StopRequest.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        Console.Error.WriteLine("stopping: running answers may finish");
        await server.StopAsync();
        return ExitCode.Done;
    }
}
