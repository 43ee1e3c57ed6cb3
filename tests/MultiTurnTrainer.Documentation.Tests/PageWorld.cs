using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace MultiTurnTrainer.Documentation.Tests;

/// <summary>
/// Where the commands of pages run: a hub that has the models they name (all of them the tiny one), a server with its API at the
/// address they name, and for each page a fresh folder. <c>mtt serve</c> goes on beside the lines that follow it.
/// </summary>
public sealed class PageWorld : IDisposable
{
    private const string RealModel = "HuggingFaceTB/SmolLM2-135M-Instruct";

    // As in a checkout: compiled ahead of time where scripts/setup.sh has done that, which halves what a page costs.
    private static readonly string _mtt =
        Environment.GetEnvironmentVariable("MTT_TESTED") ?? Path.Combine(Repository.Root, "mtt");

    // mtt itself; a server goes on beside the shell, in place of the one before it.
    private static readonly string _functions = $$"""
        set -o pipefail
        stop-serving() {
          [ -n "${serving:-}" ] || return 0
          kill $serving
          wait $serving 2>/dev/null
          serving=
        }
        mtt() {
          case "${1:-}" in
            stop-serving) stop-serving ;;
            serve)
              stop-serving
              # Not in the background: what an earlier server said must be gone.
              : >"$HOME/serve.log"
              {{_mtt}} "$@" --port "$SERVED" >>"$HOME/serve.log" 2>&1 &
              serving=$!
              until grep -q ' at http' "$HOME/serve.log"; do
                kill -0 $serving 2>/dev/null || { cat "$HOME/serve.log" >&2; serving=; return 2; }
                sleep 0.02
              done ;;
            *) {{_mtt}} "$@" ;;
          esac
        }
        trap stop-serving EXIT

        """;

    // What an address, port or served model of a page becomes: one that this machine has.
    private readonly Dictionary<string, string> _addresses;
    private readonly TempFolder _folder = new();
    private readonly ScriptedHub _hub = new();
    private readonly Process _server;
    private readonly ServerGuard _guard;
    private readonly ConcurrentDictionary<string, string> _problems = [];

    public PageWorld()
    {
        string[] models = ["Qwen/Qwen3-0.6B", .. IsNightly ? [] : (string[])[RealModel]];
        foreach (string model in models)
        {
            _hub.AddFolder($"models/{model}", PresetModel.Folder);
        }

        if (IsNightly)
        {
            _hub.AddFolder($"models/{RealModel}", SmallRealModel.Folder);
            // Beside the folders of the pages, as it lies beside a checkout.
            Directory.CreateSymbolicLink(_folder["shared"], Path.GetDirectoryName(SharedData.Path())!);
        }

        _hub.Add(
            "datasets/org/chats",
            "train.jsonl",
            File.ReadAllBytes(Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"))
        );
        _hub.Add(
            "datasets/org/chats",
            "README.md",
            "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: train.jsonl\n---\n"
        );
        // An adapter for the pages that begin with one: $ADAPTER in what stands before their blocks.
        MttProcess.Run(
            _folder.Path,
            [
                "train",
                "--model",
                PresetModel.Folder,
                "--train",
                Path.Combine(Repository.Root, "datasets/chat/eval.jsonl"),
                "--output",
                "adapter",
                "--eval",
                Path.Combine(Repository.Root, "datasets/chat/eval.jsonl"),
                "--max-steps",
                "1",
            ]
        );
        _hub.AddFolder("models/someone/an-adapter", _folder["adapter"]);
        int port = PostgresServer.FreePort();
        _addresses = new()
        {
            ["localhost:8000"] = $"127.0.0.1:{port}",
            ["localhost:4318"] = $"127.0.0.1:{PostgresServer.FreePort()}",
            ["gpt-4o-mini"] = "qwen",
            ["localhost:5000"] = $"127.0.0.1:{PostgresServer.FreePort()}",
        };
        _server = StartServer(port);
        _guard = new ServerGuard(_server);
        AwaitServer();
    }

    /// <summary>Whether the long commands run, and runs are as long as the pages have them.</summary>
    public static bool IsNightly { get; } = Environment.GetEnvironmentVariable("MTT_DOCS_NIGHTLY") is { Length: > 0 };

    /// <summary>The blocks of a file.</summary>
    internal static IReadOnlyList<CommandBlock> Blocks(string file) =>
        PageCommands.Of(File.ReadAllText(Path.Combine(Repository.Root, file)));

    /// <summary>Those that run now.</summary>
    internal static IReadOnlyList<CommandBlock> BlocksNow(string file) =>
        [
            .. Blocks(file)
                .Where(block => block.Run == CommandsRun.Always || (IsNightly && block.Run == CommandsRun.Nightly)),
        ];

    /// <summary>Runs pages, two at a time, the first time that it is asked.</summary>
    /// <returns>What went wrong on each.</returns>
    internal IReadOnlyDictionary<string, string> RunAll(IReadOnlyList<string> pages)
    {
        lock (_problems)
        {
            if (_problems.IsEmpty)
            {
                Parallel.ForEach(
                    pages,
                    new ParallelOptions { MaxDegreeOfParallelism = 2 },
                    page => _problems[page] = Run(page, BlocksNow(page))
                );
            }

            return _problems;
        }
    }

    /// <summary>Runs the blocks of a page in one shell, in a folder that has the repository's <c>datasets</c> and <c>scripts</c>.</summary>
    /// <returns>What went wrong, with page and line; empty where nothing did.</returns>
    internal string Run(string page, IEnumerable<CommandBlock> blocks)
    {
        string folder = _folder[page.Replace('/', '-')];
        Directory.CreateDirectory(folder);
        foreach (string shared in new[] { "datasets", "scripts" })
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, shared), Path.Combine(Repository.Root, shared));
        }

        Dictionary<string, string> addresses = new(_addresses)
        {
            ["localhost:8080"] = $"127.0.0.1:{PostgresServer.FreePort()}",
            ["9464"] = $"{PostgresServer.FreePort()}",
        };
        string script = addresses.Aggregate(
            Script(page, blocks),
            (text, pair) => text.Replace(pair.Key, pair.Value, StringComparison.Ordinal)
        );
        ProcessStartInfo start = new("timeout", [$"{(IsNightly ? 3000 : 600)}", "bash", "-c", script])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Set(start.Environment, folder, addresses["localhost:8080"]);
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? "" : $"exit code {shell.ExitCode}\n{Last(output.Result)}\n{Last(error)}";
    }

    public void Dispose()
    {
        _server.Kill();
        _server.WaitForExit();
        _guard.Dispose();
        _server.Dispose();
        _hub.Dispose();
        _folder.Dispose();
    }

    // The endpoint of the pages: the tiny model, which answers anything to everybody.
    private Process StartServer(int port) =>
        MttProcess.Start(
            _folder.Path,
            "serve",
            "--model",
            PresetModel.Folder,
            "--name",
            "qwen",
            "--port",
            $"{port}",
            "--store",
            $"sqlite:{_folder["server.db"]}"
        );

    // Its first line is its address; what it notes of requests is of no interest, but has to be taken from it.
    private void AwaitServer()
    {
        string said = _server.StandardOutput.ReadLine() ?? _server.StandardError.ReadToEnd();
        Assert.Contains(" at http://", said, StringComparison.Ordinal);
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginErrorReadLine();
    }

    private void Set(IDictionary<string, string?> environment, string folder, string address)
    {
        environment["ADAPTER"] = _folder["adapter"];
        // What is built once a libtorch stays where the other tests have it.
        environment["MTT_CACHE"] =
            Environment.GetEnvironmentVariable("MTT_CACHE")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache/mtt");
        environment["HOME"] = folder;
        environment["XDG_DATA_HOME"] = $"{folder}/.data";
        environment["HF_HOME"] = _folder["hub"];
        environment["HF_ENDPOINT"] = _hub.Endpoint;
        environment["HF_TOKEN"] = "hf_of_the_tests";
        environment["SERVED"] = address.Split(':')[1];
        environment["NO_COLOR"] = "1";
        if (!IsNightly)
        {
            // Every training of a page, cut to a step: that it runs is what is asked, not what it learns.
            environment["MTT_TRAIN__MAX_STEPS"] = "1";
        }
    }

    private static string Script(string page, IEnumerable<CommandBlock> blocks)
    {
        StringBuilder script = new(_functions);
        foreach (CommandBlock block in blocks)
        {
            foreach (string command in block.Commands)
            {
                // A command whose reader has enough (head) ends with a broken pipe.
                string allowed = string.Join('|', block.Exits.Append(141));
                script.Append(
                    $"{command}\ncode=$?; case $code in {allowed}) ;; *) echo '{page}:{block.Line}: exit code '$code': {command.Split('\n')[0].Replace("'", "’", StringComparison.Ordinal)}' >&2; exit 1 ;; esac\n"
                );
            }
        }

        return script.ToString();
    }

    private static string Last(string text) => string.Join('\n', text.Split('\n').TakeLast(12));
}
