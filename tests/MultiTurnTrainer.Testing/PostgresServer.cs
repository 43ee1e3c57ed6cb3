using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace MultiTurnTrainer.Testing;

/// <summary>A PostgreSQL server of the tests' own: in a temporary folder, on a free loopback port, as an ordinary user.</summary>
public sealed class PostgresServer : IDisposable
{
    private const string Superuser = "mtt";
    private readonly string _programs;
    private readonly string _folder;
    private Process? _process;
    private ServerGuard? _guard;

    private readonly bool _isDurable;
    private readonly bool _isOwnFolder;

    private PostgresServer(string programs, string? folder, bool isDurable)
    {
        (_programs, _isDurable, _isOwnFolder) = (programs, isDurable, folder is null);
        _folder = folder ?? Directory.CreateTempSubdirectory("mtt-postgres").FullName;
        Port = FreePort();
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Starts a server; skips the test where Debian's postgresql is not installed.</summary>
    /// <param name="folder">An existing folder for its data; null makes one.</param>
    /// <param name="isDurable">Whether it waits for the disk: tests end programs and not machines, and need not.</param>
    public static PostgresServer Start(string? folder = null, bool isDurable = false)
    {
        string? programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).LastOrDefault()
            : null;
        if (programs is null)
        {
            Assert.Skip("needs PostgreSQL, of the package postgresql (scripts/setup.sh --tests)");
        }

        PostgresServer server = new(Path.Combine(programs, "bin"), folder, isDurable);
        server.Run("chown", "--reference=/var/lib/postgresql", server._folder, isOrdinary: false);
        server.Run(
            "initdb",
            "-D",
            server.Data,
            "-U",
            Superuser,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-instructions"
        );
        server.Resume();
        return server;
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>A new database's address.</summary>
    public string NewDatabase()
    {
        string name = "d" + Guid.NewGuid().ToString("N");
        Run("createdb", "-h", "127.0.0.1", "-p", Text(Port), "-U", Superuser, name);
        return $"postgres://{Superuser}@127.0.0.1:{Text(Port)}/{name}";
    }

    /// <summary>Starts it again after <see cref="Stop"/>.</summary>
    public void Resume()
    {
        _process = Process.Start(
            Ordinary(
                Path.Combine(_programs, "postgres"),
                "-D",
                Data,
                "-p",
                Text(Port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "max_connections=300",
                "-c",
                _isDurable ? "fsync=on" : "fsync=off",
                "-c",
                "logging_collector=off"
            )
        );
        _guard = new ServerGuard(_process!, _isOwnFolder ? _folder : null);
        _process!.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
        for (int i = 0; i < 300; i++)
        {
            using Process ready = Process.Start(
                Quiet(Path.Combine(_programs, "pg_isready"), "-h", "127.0.0.1", "-p", Text(Port))
            )!;
            ready.WaitForExit();
            if (ready.ExitCode == 0)
            {
                return;
            }

            Thread.Sleep(50);
        }

        throw new TimeoutException("PostgreSQL does not start");
    }

    /// <summary>Starts it again where it ended itself, as on a full disk.</summary>
    public void ResumeIfEnded()
    {
        if (_process!.WaitForExit(TimeSpan.FromSeconds(1)))
        {
            Forget();
            Resume();
        }
    }

    /// <summary>Ends it: connections are cut, what was committed stays.</summary>
    /// <param name="mode"><c>fast</c>, or <c>immediate</c> as if the power were gone.</param>
    public void Stop(string mode = "fast")
    {
        Run("pg_ctl", "-D", Data, "-m", mode, "-w", "stop");
        _process?.WaitForExit();
        Forget();
    }

    /// <summary>Stops all its processes where they are (STOP), or lets them go on (CONT).</summary>
    public void Signal(string signal)
    {
        string main = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        string[] children = File.ReadAllText($"/proc/{main}/task/{main}/children")
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Run("kill", [$"-{signal}", main, .. children], isOrdinary: false);
    }

    /// <summary>Runs SQL in the server's main database.</summary>
    public void Execute(string sql) =>
        Run("psql", "-h", "127.0.0.1", "-p", Text(Port), "-U", Superuser, "-d", "postgres", "-qc", sql);

    public void Dispose()
    {
        if (_process is not null)
        {
            Stop("immediate");
        }

        if (_isOwnFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A port of the loopback that nobody listens at.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Forget()
    {
        _guard?.Dispose();
        _process?.Dispose();
        _process = null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void Run(string program, params string[] args) => Run(program, args, isOrdinary: true);

    private void Run(string program, string first, string second, bool isOrdinary) =>
        Run(program, [first, second], isOrdinary);

    private void Run(string program, string[] args, bool isOrdinary)
    {
        string own = Path.Combine(_programs, program);
        string path = File.Exists(own) ? own : program;
        using Process process = Process.Start(isOrdinary ? Ordinary(path, args) : Quiet(path, args))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program}: {error}{output.Result}");
        }
    }

    // PostgreSQL refuses to run as root.
    private static ProcessStartInfo Ordinary(string program, params string[] args) =>
        OrdinaryUser.Start("postgres", program, args);

    private static ProcessStartInfo Quiet(string program, params string[] args) =>
        new(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
}
