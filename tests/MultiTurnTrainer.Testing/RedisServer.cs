using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>A Redis server of the tests' own, on a free loopback port, that writes nothing to the disk.</summary>
public sealed class RedisServer : IDisposable
{
    private Process? _process;
    private ServerGuard? _guard;

    private RedisServer() => Port = PostgresServer.FreePort();

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Url => $"redis://127.0.0.1:{Port.ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Starts a server; skips the test where Debian's redis-server is not installed.</summary>
    public static RedisServer Start()
    {
        if (!File.Exists("/usr/bin/redis-server"))
        {
            Assert.Skip("needs Redis, of the package redis-server (scripts/setup.sh --tests)");
        }

        RedisServer server = new();
        server.Resume();
        return server;
    }

    /// <summary>Starts it, empty.</summary>
    public void Resume()
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(
            OrdinaryUser.Start(
                "redis",
                "redis-server",
                "--port",
                port,
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                "/tmp"
            )
        )!;
        _guard = new ServerGuard(_process);
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        for (int i = 0; Ask("PING").Trim() != "PONG"; i++)
        {
            if (i == 200)
            {
                throw new TimeoutException("Redis does not start");
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _guard?.Dispose();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Stops it where it is (STOP), or lets it go on (CONT).</summary>
    public void Signal(string signal)
    {
        string id = _process!.Id.ToString(CultureInfo.InvariantCulture);
        using Process kill = Process.Start("kill", [$"-{signal}", id]);
        kill.WaitForExit();
    }

    /// <summary>Sends a command and gives the answer.</summary>
    public string Ask(params string[] command)
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        ProcessStartInfo start = new("redis-cli", ["-p", port, .. command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return answer;
    }

    public void Dispose()
    {
        if (_process is not null)
        {
            Kill();
        }
    }
}
