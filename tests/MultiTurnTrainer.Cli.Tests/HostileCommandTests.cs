using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using MultiTurnTrainer.Cli.Commands;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// Every command over every kind of input that it reads, all of it hostile: nothing moves the cursor, colours or reverses text, begins a
/// CI command or writes a line of its own. The commands come from the command tree: one without a case fails.
/// </summary>
public sealed class HostileCommandTests(HostileWorld world) : IClassFixture<HostileWorld>
{
    // {kind} is an input of the world. Commands that would go on for ever are given something that they refuse.
    private static readonly bool _isLong = Environment.GetEnvironmentVariable("MTT_FUZZ") is not null;

    private static readonly string[] _lines =
    [
        "init {name}",
        "run --set model.name={model} --set data.train={rows} --dry-run",
        "validate {rows}",
        "explain {name}",
        "docs {name}",
        "prepare {rows} --output {out}",
        "stats {rows}",
        "shard {rows} --output {out}.jsonl",
        "clean {rows} --output {out}.jsonl",
        "review {rows} --output {out} --dry-run --model m",
        "pairs {log} --output {out}.jsonl",
        "render {rows} --model {model}",
        "tokenize {rows} --model {model}",
        "lint-template {model}",
        "context {rows} --policy support --model {model}",
        "parity {rows} --policy support --model {model}",
        "mask {rows} --model {model} --output {out}.jsonl --skip-refused",
        "inspect {rows} --model {model}",
        "audit {tokens} --data {rows} --model {model}",
        "import {foreign} --trainer trl",
        "estimate --model {model} --train {rows}",
        "train --model {model} --train {rows} --output {out} --max-steps 1",
        "selftest --model {bad-config}",
        "score {rows} --model {model}",
        "generate {rows} --model {model} --max-new-tokens 1",
        "evaluate {tasks} --model {model} --limit 1 --max-new-tokens 1",
        "report {adapter} {tasks}",
        "serve --model {model} --port 0 --policy {name}",
        "chat --model {model} --store {store} --session {session}",
        "sessions list --store {store}",
        "sessions show {session} --store {store}",
        "sessions replay {session} --store {store}",
        "sessions export --store {store} --output {out}.jsonl",
        "sessions top --store {store}",
        "sessions stats --store {store}",
        "sessions mark {session} resolved --store {store}",
        "sessions evidence {session} --store {store} --output {out}.jsonl",
        "sessions verify {log}",
        "sessions fork {session} --store {store}",
        "sessions import {log} --store {store}",
        "sessions delete {name} --store {store}",
        "sessions gc --store {store}",
        "sessions backup --store {store} --output {out}.db",
        "sessions key --tenant {name}",
        "sessions migrate --store {store}",
        "merge --model {model} --adapter {adapter} --output {out}",
        "export --model {model} --output {out}.gguf",
        "pull {name}",
        "push {model} {name}",
        "setup --help",
        "doctor --tokenizer {model}",
        "completion {name}",
        "config",
        "diff {rows} {tokens}",
    ];

    public static TheoryData<string> Lines => [.. _lines.SelectMany(Variants).Distinct()];

    public static TheoryData<string> Leaves => [.. Commands(MttCli.Root(), "").Select(command => command.Path)];

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Case_OfEveryCommand_IsThere(string command) =>
        Assert.Contains(_lines, line => line == command || line.StartsWith(command + " ", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Lines))]
    public void Command_HostileInputs_AreShownEscaped(string line)
    {
        Dictionary<string, string> environment = new() { ["HF_HUB_OFFLINE"] = "1" };
        const string said = "x" + HostileTextTests.Hostile + "\n\n";
        RequireClean(MttProcess.Run(world.Path, world.Fill(line), said, environment: environment));
    }

    [Theory]
    [MemberData(nameof(Leaves))]
    public void Command_HostileValuesOfAllOptions_AreShownEscaped(string path)
    {
        Command command = Commands(MttCli.Root(), "").First(one => one.Path == path).Command;
        IEnumerable<Option> options = command.Options.Concat(
            command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(option => option.Recursive))
        );
        string[] values =
        [
            .. options
                .Where(option => option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool))
                .SelectMany(option => new[] { option.Name, "{name}" }),
        ];
        string line = string.Join(' ', [path, .. command.Arguments.Select(_ => "{name}"), .. values]);
        MttResult result = MttProcess.Run(world.Path, world.Fill(line));
        RequireClean(result);
    }

    [Fact]
    public async Task Serve_HostileRequests_AreNowhereInItsLog()
    {
        using Process server = MttProcess.Start(
            world.Path,
            world.Fill("serve --model {model} --port 0 --store {store}")
        );
        Task<string> log = server.StandardError.ReadToEndAsync();
        StringBuilder shown = new();
        int port = 0;
        while (port == 0 && await server.StandardOutput.ReadLineAsync() is { } line)
        {
            shown.AppendLine(line);
            int at = line.IndexOf("127.0.0.1:", StringComparison.Ordinal);
            port = at < 0 ? 0 : int.Parse(new string([.. line[(at + 10)..].TakeWhile(char.IsAsciiDigit)]));
        }

        if (port == 0)
        {
            Assert.Fail(await log);
        }

        Task<string> rest = server.StandardOutput.ReadToEndAsync();
        try
        {
            foreach (string request in Requests(port))
            {
                await SendAsync(port, request);
            }
        }
        finally
        {
            await MttProcess.EndAsync(server, "TERM");
        }

        RequireClean(new MttResult(server.ExitCode, shown + await rest, await log));
        Assert.Equal(0, server.ExitCode);
    }

    // What a client writes on the wire: paths, names and values of headers, ids, bodies.
    private static IEnumerable<string> Requests(int port)
    {
        const string bad = "x\u001b[31mred\u001b]0;t\u0007\u009b1m\u202eevil ::error::pwned";
        string host = $"Host: 127.0.0.1:{port}\r\nConnection: close\r\n";
        string body = System.Text.Json.JsonSerializer.Serialize(
            new
            {
                model = bad + "\n" + HostileWorld.Forged,
                user = bad,
                metadata = new Dictionary<string, string> { [bad] = bad, ["session"] = bad },
                messages = new[]
                {
                    new
                    {
                        role = "user",
                        content = HostileTextTests.Hostile,
                        name = bad,
                    },
                },
            }
        );
        string length = $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        yield return $"GET /{bad} HTTP/1.1\r\n{host}\r\n";
        yield return $"GET /v1/sessions/{Uri.EscapeDataString(bad + "\n" + HostileWorld.Forged)} HTTP/1.1\r\n{host}\r\n";
        yield return $"{bad} / HTTP/1.1\r\n{host}\r\n";
        yield return $"GET /v1/models HTTP/1.1\r\nHost: {bad}\r\n\r\n";
        yield return $"{bad}\r\n\r\n";
        foreach (
            string name in (string[])["mtt-session", "Idempotency-Key", "Authorization", "Origin", "User-Agent", bad]
        )
        {
            yield return $"POST /v1/chat/completions HTTP/1.1\r\n{host}{name}: {bad}\r\n{length}\r\n{body}";
        }

        foreach (string path in (string[])["chat/completions", "responses", "conversations", "sessions"])
        {
            yield return $"POST /v1/{path} HTTP/1.1\r\n{host}{length}\r\n{body}";
            yield return $"POST /v1/{path} HTTP/1.1\r\n{host}Content-Length: {bad.Length}\r\n\r\n{bad}";
        }
    }

    private static async Task SendAsync(int port, string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", port);
        NetworkStream stream = client.GetStream();
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(30));
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), patience.Token);
            await stream.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (IOException)
        {
            // The server may hang up on such a request.
        }
    }

    /// <summary>A command line, and the same over what is wrong in each kind of its inputs.</summary>
    private static IEnumerable<string> Variants(string line)
    {
        yield return line;
        if (line.Contains("{rows}", StringComparison.Ordinal))
        {
            yield return line.Replace("{rows}", "{bad-rows}");
        }

        if (line.Contains("{model}", StringComparison.Ordinal))
        {
            // Single fields of these files are those of HostileServerTextTests. Every command with every file is for the nightly run.
            string[] files = ["config", "tokenizer", "template", "special", "weights"];
            int turn = Array.IndexOf(_lines, line) % files.Length;
            foreach (string file in _isLong ? files : files[turn..(turn + 1)])
            {
                yield return line.Replace("{model}", $"{{bad-{file}}}");
            }
        }

        Command command = Commands(MttCli.Root(), "")
            .Where(one => line.StartsWith(one.Path, StringComparison.Ordinal))
            .MaxBy(one => one.Path.Length)
            .Command;
        foreach (string adapter in (string[])(_isLong ? ["{adapter}", "{bad-adapter}"] : ["{adapter}"]))
        {
            if (command.Options.Any(option => option.Name == "--adapter"))
            {
                yield return line.Replace(" --adapter {adapter}", "") + $" --adapter {adapter}";
            }
        }

        if (
            command.Options.Any(option => option.Name == "--config")
            && !line.StartsWith("audit", StringComparison.Ordinal)
        )
        {
            yield return line + " --config {setting}";
        }
    }

    private static IEnumerable<(string Path, Command Command)> Commands(Command parent, string before) =>
        parent.Subcommands.SelectMany(command =>
            command.Subcommands.Count == 0
                ? [(before + command.Name, command)]
                : Commands(command, $"{before}{command.Name} ")
        );

    private static void RequireClean(MttResult result)
    {
        HostileTextTests.RequireClean(result);
        foreach (string line in $"{result.Out}\n{result.Error}".Split('\n'))
        {
            Assert.False(line.TrimStart().StartsWith(HostileWorld.Forged, StringComparison.Ordinal), line);
        }
    }
}
