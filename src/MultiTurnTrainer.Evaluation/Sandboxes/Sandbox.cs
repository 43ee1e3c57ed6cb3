// Folder Sandboxes: runs programs that a model wrote, where they can do no harm.
// Refuses to know: tasks, what a right result is.
using System.Diagnostics;
using System.Security.Cryptography;

namespace MultiTurnTrainer.Evaluation.Sandboxes;

/// <summary>
/// Runs Python under <c>bwrap</c>, or under <c>unshare</c> in namespaces of its own: no network, no process but its own, every mount
/// read-only but an empty <c>/tmp</c>, bounded processor time, memory, processes and files. What comes back is one line of JSON on a
/// pipe that carries a random token: nothing that the program prints can pass for it. Expected results never go in.
/// </summary>
internal sealed class Sandbox
{
    private const int Seconds = 6;
    private const int Megabytes = 1024;
    private const int MaxReply = 1 << 20;

    // Processor time ends a program; this ends one that only waits.
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);

    private const string CloseMounts = """
        while read -r _ _ _ _ target _; do
          mount -o remount,bind,ro "$(printf '%b' "$target")" 2>/dev/null
        done < /proc/self/mountinfo
        mount -t proc none /proc && mount -t tmpfs -o size=67108864 none /tmp && cd /tmp || exit 1
        if touch /.mtt-writable 2>/dev/null; then rm /.mtt-writable; exit 1; fi
        exec "$@"
        """;

    private const string Bwrap =
        "--unshare-all --die-with-parent --new-session --ro-bind / / --dev /dev --remount-ro /dev --proc /proc "
        + "--size 67108864 --tmpfs /tmp --chdir /tmp";

    private static readonly Dictionary<string, string[]> _keepers = new()
    {
        ["bwrap"] = Bwrap.Split(' '),
        ["unshare"] = ["-rnmpf", "--kill-child", "/bin/sh", "-c", CloseMounts, "sh"],
    };

    private static readonly string _harness = ReadHarness();

    private readonly string[] _command;

    private Sandbox(string[] command) => _command = command;

    /// <summary>Finds what keeps a program in: the first that works, for an old bwrap does not bound <c>/tmp</c>.</summary>
    /// <exception cref="MttException">There is nothing of the kind here.</exception>
    public static Sandbox Open() => Open("bwrap", "unshare");

    /// <summary>The same among some programs.</summary>
    /// <exception cref="MttException">None of them is here, or none works.</exception>
    internal static Sandbox Open(params IReadOnlyList<string> programs)
    {
        string python = Python();
        List<string> tried = [];
        foreach (string program in programs)
        {
            if (Programs.Find(program) is not { } found)
            {
                continue;
            }

            tried.Add(program);
            Sandbox sandbox = new([
                .. Demoted(),
                found,
                .. _keepers[program],
                python,
                "-I",
                "-S",
                "-B",
                "-c",
                _harness,
            ]);
            if (sandbox.Run(code: "", function: "", input: "") is not null)
            {
                return sandbox;
            }
        }

        throw tried.Count == 0
            ? new MttException(
                $"--allow-code-execution: there is no {string.Join(" or ", programs)} here",
                "Install bubblewrap or util-linux; programs of a model are not run without one of them."
            )
            : new MttException(
                $"--allow-code-execution: {string.Join(" and ", tried)} cannot keep a program in here",
                "Allow user namespaces, or install bubblewrap 0.7 or newer; programs of a model are not run without one of them."
            );
    }

    // The limit on processes does not bind root.
    private static string[] Demoted() =>
        Environment.IsPrivilegedProcess && Programs.Find("setpriv") is { } setpriv
            ? [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups"]
            : [];

    /// <summary>The functions of some texts, the last that parses: <c>whole</c>, <c>cut</c>, <c>name</c>.</summary>
    public IReadOnlyDictionary<string, string>? Extract(IReadOnlyList<string> blocks) =>
        Run(new JsonFields { ["blocks"] = blocks });

    /// <summary>Runs a program: <c>printed</c>, <c>result</c> (as JSON) or <c>error</c>; null where it did not end in time.</summary>
    /// <param name="code">The program.</param>
    /// <param name="function">The function to call; empty where the program reads and prints.</param>
    /// <param name="input">A line of JSON an argument, or what the program reads.</param>
    public IReadOnlyDictionary<string, string>? Run(string code, string function, string input) =>
        Run(
            new JsonFields
            {
                ["code"] = code,
                ["function"] = function,
                ["input"] = input,
            }
        );

    private Dictionary<string, string>? Run(JsonFields task)
    {
        string token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        task["token"] = token;
        task["seconds"] = Seconds;
        task["megabytes"] = Megabytes;
        string? line = Ask(JsonText.Line(task));
        return
            line is not null
            && JsonText.TryReadTexts(line, out Dictionary<string, string>? said)
            && said?.GetValueOrDefault("token") == token
            ? said
            : null;
    }

    private string? Ask(string task)
    {
        ProcessStartInfo start = new(_command[0], _command[1..])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        try
        {
            process.StandardInput.Write(task);
            process.StandardInput.Close();
            Task<string?> reply = ReadLineAsync(process.StandardOutput);
            return reply.Wait(_longest) ? reply.Result : null;
        }
        catch (Exception problem) when (problem is IOException or AggregateException { InnerException: IOException })
        {
            return null;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    // The first line; null where it is too long or missing.
    private static async Task<string?> ReadLineAsync(StreamReader output)
    {
        char[] buffer = new char[MaxReply];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await output.ReadAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            int end = buffer.AsSpan(length, read).IndexOf('\n');
            if (end >= 0)
            {
                return new string(buffer, 0, length + end);
            }

            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        return null;
    }

    // A version manager's own start script needs the user's environment.
    private static string Python() =>
        File.Exists("/usr/bin/python3")
            ? "/usr/bin/python3"
            : Programs.Find("python3")
                ?? throw new MttException(
                    "--allow-code-execution: there is no python3",
                    "Install Python 3 to score code tasks."
                );

    private static string ReadHarness()
    {
        using StreamReader reader = new(typeof(Sandbox).Assembly.GetManifestResourceStream("harness.py")!);
        return reader.ReadToEnd();
    }
}
