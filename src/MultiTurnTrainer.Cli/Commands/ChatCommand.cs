namespace MultiTurnTrainer.Cli.Commands;

/// <summary><c>mtt chat</c>: a session in the terminal, with the store and the policy of <c>mtt serve</c>.</summary>
internal static class ChatCommand
{
    private const string _help = """
        Chat with a model in the terminal, in a session of the same store and under the same policy as mtt serve.

        Examples:
          mtt chat --model model --adapter adapter
          mtt chat --endpoint http://localhost:8000/v1 --name qwen3 --policy support
          mtt chat --model model --session ID         go on where it ended
          echo "How do I clean the lamp?" | mtt chat --model model

        Each line is a turn; an empty line or the end of the input ends the chat. The session's id is printed at the end.
        """;

    private static readonly Option<string?> _session = new("--session")
    {
        Description = "The session to go on with; default: a new one.",
        HelpName = "ID",
    };

    private static readonly ServedModelOptions _models = new();

    public static Command Create()
    {
        Command command = new("chat", _help) { _session };
        _models.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        ServerPlan plan = _models.Read(parsed);
        await using ISessionStore store = plan.Sessions.Store;
        using ServedArtefacts? artefacts = plan.Artefacts;
        plan = plan with
        {
            Options = new ServerOptions { Port = 0 },
            Sessions = plan.Sessions.ForOneUser(),
        };
        await using ChatServer server = await ChatServer.StartAsync(plan, cancellation);
        using SessionClient client = await SessionClient.OpenAsync(server, parsed.GetValue(_session), cancellation);
        while (Ask() is { Length: > 0 } line)
        {
            await foreach (string piece in client.SayAsync(line, cancellation))
            {
                Console.Out.Write(Printable.Text(piece));
            }

            Console.Out.WriteLine();
        }

        Console.Error.WriteLine($"session {client.Session} in {Printable.Line(store.Place)}");
        return ExitCode.Done;
    }

    private static string? Ask()
    {
        if (!Console.IsInputRedirected)
        {
            Console.Error.Write("> ");
        }

        return Console.In.ReadLine();
    }
}
