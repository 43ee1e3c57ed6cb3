using System.Diagnostics;
using System.Globalization;

namespace MultiTurnTrainer.Testing;

/// <summary>Ends a server and its processes when the tests that started it are gone, however they ended, and removes its folder.</summary>
public sealed class ServerGuard : IDisposable
{
    // The system closes the other end of its input when the tests are gone; a line says that they have ended the server themselves.
    private const string Script = """
        exec >/dev/null 2>&1
        trap '' INT TERM HUP
        read -r line && exit
        kill -KILL "$1" $(cat "/proc/$1/task/$1/children")
        [ -z "$2" ] || { sleep 1; rm -rf "$2"; }
        """;

    private readonly Process _process;

    /// <param name="server">The server's process.</param>
    /// <param name="folder">The folder that is removed with it; null for none.</param>
    public ServerGuard(Process server, string? folder = null) =>
        _process = Process.Start(
            new ProcessStartInfo(
                "sh",
                ["-c", Script, "sh", server.Id.ToString(CultureInfo.InvariantCulture), folder ?? ""]
            )
            {
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            }
        )!;

    /// <summary>Closes the input without a word, as the system does for tests that were killed.</summary>
    public void Abandon()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
    }

    /// <summary>Leaves the server to whoever ends it.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.WriteLine();
            _process.StandardInput.Close();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
