using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>A Prometheus of the tests' own, on a free loopback port.</summary>
public sealed class PrometheusServer : IDisposable
{
    private readonly Process _process;
    private readonly ServerGuard _guard;

    private PrometheusServer(Process process, int port)
    {
        _process = process;
        _guard = new ServerGuard(process);
        Url = $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its address.</summary>
    public string Url { get; }

    /// <summary>Starts one with a configuration; skips the test where Debian's prometheus is not installed.</summary>
    /// <param name="folder">Where the configuration lies, and where it keeps what it scrapes.</param>
    /// <param name="configuration">The configuration's name there.</param>
    public static PrometheusServer Start(TempFolder folder, string configuration)
    {
        Require();
        int port = PostgresServer.FreePort();
        ProcessStartInfo start = new(
            "prometheus",
            [
                $"--config.file={configuration}",
                $"--storage.tsdb.path={folder["tsdb"]}",
                $"--web.listen-address=127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}",
            ]
        )
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new PrometheusServer(Process.Start(start)!, port);
    }

    /// <summary>Runs promtool; skips the test where Debian's prometheus is not installed.</summary>
    /// <returns>Its exit code and what it said.</returns>
    public static (int Code, string Said) Promtool(params string[] args)
    {
        Require();
        ProcessStartInfo start = new("promtool", args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _guard.Dispose();
        _process.Dispose();
    }

    private static void Require()
    {
        if (!File.Exists("/usr/bin/prometheus"))
        {
            Assert.Skip("needs Prometheus, of the package prometheus (scripts/setup.sh --tests)");
        }
    }
}
