using System.Diagnostics;
using System.Globalization;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests.Faults;

/// <summary>Servers, as <c>mtt serve</c> starts them, over one store; each can be killed and comes back at its port.</summary>
internal sealed class ServedStore : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ScriptedServer _upstream;
    private readonly string[] _store;
    private readonly Process?[] _processes;
    private readonly int[] _ports;

    private ServedStore(ScriptedServer upstream, string[] store, int servers)
    {
        (_upstream, _store) = (upstream, store);
        _processes = new Process?[servers];
        _ports = [.. Enumerable.Range(0, servers).Select(_ => PostgresServer.FreePort())];
    }

    /// <summary>Where the servers listen.</summary>
    public IReadOnlyList<string> Urls =>
        [.. _ports.Select(port => "http://127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture))];

    public static async Task<ServedStore> StartAsync(string[] store, int servers = 1)
    {
        ScriptedServer upstream = await ScriptedServer.StartAsync(request =>
            Answers.Stream(["re: ", request.Messages[^1].Content])
        );
        ServedStore served = new(upstream, store, servers);
        for (int i = 0; i < servers; i++)
        {
            await served.StartAsync(i);
        }

        return served;
    }

    public async Task StartAsync(int server)
    {
        Process process = MttProcess.Start(
            _folder.Path,
            [
                "serve",
                "--endpoint",
                _upstream.BaseUrl,
                "--name",
                "m",
                "--port",
                _ports[server].ToString(CultureInfo.InvariantCulture),
                .. _store,
            ]
        );
        _processes[server] = process;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        string? line = await process.StandardOutput.ReadLineAsync(patience.Token);
        Assert.Contains("http://", line, StringComparison.Ordinal);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(int server)
    {
        Process process = _processes[server]!;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        _processes[server] = null;
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < _processes.Length; i++)
        {
            if (_processes[i] is not null)
            {
                await KillAsync(i);
            }
        }

        await _upstream.DisposeAsync();
        _folder.Dispose();
    }
}
