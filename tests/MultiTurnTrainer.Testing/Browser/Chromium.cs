using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace MultiTurnTrainer.Testing.Browser;

/// <summary>
/// Debian's Chromium without a window, driven by the DevTools protocol over a pipe. It ends with the process that started it,
/// however that ends: then the pipe is closed.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    /// <summary>Where Debian puts it.</summary>
    public const string Program = "/usr/bin/chromium";

    /// <summary>Why a test that needs it is skipped; scripts/test.sh knows these words.</summary>
    public const string Missing = "needs Chromium, of the package chromium (scripts/setup.sh --tests)";

    // Longer than any answer takes on a busy machine: what passes it hangs.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly TempFolder _profile;
    private readonly Stream _out;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _waiting = [];
    private readonly ConcurrentDictionary<string, Action<string, JsonObject>> _tabs = [];
    private readonly Task _reading;
    private int _number;

    private Chromium(Process process, TempFolder profile)
    {
        (_process, _profile) = (process, profile);
        _out = process.StandardInput.BaseStream;
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Starts it; skips the test where it is not installed.</summary>
    public static Chromium Start()
    {
        if (!File.Exists(Program))
        {
            Assert.Skip(Missing);
        }

        TempFolder profile = new();
        string[] options =
        [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--remote-debugging-pipe",
            $"--user-data-dir={profile.Path}",
        ];
        // The protocol's pipe is descriptors 3 and 4, which only a shell can set.
        const string pipe = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        Process process = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", pipe, Program, .. options])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        return new Chromium(process, profile);
    }

    /// <summary>Opens a tab that shares no cookies, storage or cache with others.</summary>
    public async Task<BrowserTab> OpenAsync()
    {
        JsonObject context = await SendAsync("Target.createBrowserContext", []);
        JsonObject target = await SendAsync(
            "Target.createTarget",
            new JsonObject
            {
                ["url"] = "about:blank",
                ["browserContextId"] = (string)context["browserContextId"]!,
                ["width"] = 1280,
                ["height"] = 900,
            }
        );
        JsonObject attached = await SendAsync(
            "Target.attachToTarget",
            new JsonObject { ["targetId"] = (string)target["targetId"]!, ["flatten"] = true }
        );
        string session = (string)attached["sessionId"]!;
        BrowserTab tab = new(this, session);
        _tabs[session] = tab.Hear;
        await tab.ListenAsync();
        return tab;
    }

    /// <summary>Sends a command and gives its result.</summary>
    /// <exception cref="InvalidOperationException">The browser refuses it.</exception>
    internal async Task<JsonObject> SendAsync(string method, JsonObject parameters, string? session = null)
    {
        int number = Interlocked.Increment(ref _number);
        JsonObject message = new()
        {
            ["id"] = number,
            ["method"] = method,
            ["params"] = parameters,
        };
        if (session is not null)
        {
            message["sessionId"] = session;
        }

        TaskCompletionSource<JsonObject> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = answer;
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(message);
        lock (_writing)
        {
            _out.Write([.. bytes, 0]);
            _out.Flush();
        }

        JsonObject reply = await answer.Task.WaitAsync(_patience);
        return reply["error"] is { } error
            ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}")
            : reply["result"]!.AsObject();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _profile.Dispose();
    }

    // Messages end with a zero byte.
    private async Task ReadAsync()
    {
        Stream input = _process.StandardOutput.BaseStream;
        MemoryStream message = new();
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await input.ReadAsync(buffer)) > 0; )
        {
            for (int from = 0; from < read; )
            {
                int end = Array.IndexOf(buffer, (byte)0, from, read - from);
                message.Write(buffer, from, (end < 0 ? read : end) - from);
                from = end < 0 ? read : end + 1;
                if (end >= 0)
                {
                    Take(JsonNode.Parse(message.ToArray())!.AsObject());
                    message.SetLength(0);
                }
            }
        }

        foreach (TaskCompletionSource<JsonObject> left in _waiting.Values)
        {
            left.TrySetException(new InvalidOperationException("Chromium has ended"));
        }
    }

    private void Take(JsonObject message)
    {
        if (message["id"] is { } number)
        {
            if (_waiting.TryRemove((int)number, out TaskCompletionSource<JsonObject>? answer))
            {
                answer.SetResult(message);
            }
        }
        else if (
            (string?)message["sessionId"] is { } session
            && _tabs.TryGetValue(session, out Action<string, JsonObject>? tab)
        )
        {
            tab((string)message["method"]!, message["params"]!.AsObject());
        }
    }
}
