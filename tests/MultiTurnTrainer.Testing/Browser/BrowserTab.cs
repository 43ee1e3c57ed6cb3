using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Testing.Browser;

/// <summary>A tab of <see cref="Chromium"/>.</summary>
public sealed class BrowserTab
{
    private readonly Chromium _browser;
    private readonly string _session;

    internal BrowserTab(Chromium browser, string session) => (_browser, _session) = (browser, session);

    /// <summary>
    /// Everything that went wrong on the pages so far: errors on the console, exceptions, what the content policy stopped, dialogs.
    /// </summary>
    public ConcurrentQueue<string> Problems { get; } = [];

    /// <summary>Goes to an address and waits until it is loaded.</summary>
    public async Task GoAsync(string url)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = url });
        await WaitAsync($"document.readyState === 'complete' && location.href === {JsonSerializer.Serialize(url)}");
    }

    /// <summary>What an expression of JavaScript gives; a promise is awaited.</summary>
    /// <exception cref="InvalidOperationException">It throws.</exception>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        JsonObject answer = await SendAsync(
            "Runtime.evaluate",
            new JsonObject
            {
                ["expression"] = expression,
                ["awaitPromise"] = true,
                ["returnByValue"] = true,
            }
        );
        return answer["exceptionDetails"] is { } fault
            ? throw new InvalidOperationException(fault.ToJsonString())
            : answer["result"]!["value"]?.DeepClone();
    }

    /// <summary>Waits until an expression holds.</summary>
    /// <exception cref="TimeoutException">It does not in twenty seconds.</exception>
    public async Task WaitAsync(string condition)
    {
        for (int i = 0; i < 1000; i++)
        {
            try
            {
                if ((await EvaluateAsync($"Boolean({condition})"))!.GetValue<bool>())
                {
                    return;
                }
            }
            catch (InvalidOperationException)
            {
                // The page is just being replaced, or what the condition asks for is not there yet.
            }

            await Task.Delay(20);
        }

        JsonNode? text = await EvaluateAsync("document.body.innerText");
        throw new TimeoutException($"{condition}\n{text}\n{string.Join('\n', Problems)}");
    }

    /// <summary>Presses a key, such as <c>Tab</c> or <c>Enter</c>.</summary>
    public async Task PressAsync(string key, bool shift = false)
    {
        (int code, string text) = key switch
        {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            _ => throw new ArgumentOutOfRangeException(nameof(key), key, null),
        };
        foreach (string type in new[] { text.Length > 0 ? "keyDown" : "rawKeyDown", "keyUp" })
        {
            await SendAsync(
                "Input.dispatchKeyEvent",
                new JsonObject
                {
                    ["type"] = type,
                    ["key"] = key,
                    ["code"] = key == " " ? "Space" : key,
                    ["windowsVirtualKeyCode"] = code,
                    ["text"] = type == "keyDown" ? text : "",
                    ["modifiers"] = shift ? 8 : 0,
                }
            );
        }
    }

    /// <summary>Moves the pointer to a place of the window.</summary>
    public Task PointAsync(double x, double y) => MouseAsync("mouseMoved", x, y);

    /// <summary>Draws the pointer from one place to another with its button down.</summary>
    public async Task DragAsync((double X, double Y) from, (double X, double Y) to)
    {
        await PointAsync(from.X, from.Y);
        await MouseAsync("mousePressed", from.X, from.Y);
        await MouseAsync("mouseMoved", (from.X + to.X) / 2, (from.Y + to.Y) / 2, down: true);
        await MouseAsync("mouseMoved", to.X, to.Y, down: true);
        await MouseAsync("mouseReleased", to.X, to.Y);
    }

    /// <summary>Clicks at a place, so many times in a row.</summary>
    public async Task ClickAsync(double x, double y, int times = 1)
    {
        for (int click = 1; click <= times; click++)
        {
            await MouseAsync("mousePressed", x, y, click: click);
            await MouseAsync("mouseReleased", x, y, click: click);
        }
    }

    private Task MouseAsync(string type, double x, double y, bool down = false, int click = 1) =>
        SendAsync(
            "Input.dispatchMouseEvent",
            new JsonObject
            {
                ["type"] = type,
                ["x"] = x,
                ["y"] = y,
                ["button"] = type == "mouseMoved" && !down ? "none" : "left",
                ["buttons"] = down || type == "mousePressed" ? 1 : 0,
                ["clickCount"] = type == "mouseMoved" ? 0 : click,
            }
        );

    /// <summary>Types a text where the focus is.</summary>
    public Task TypeAsync(string text) => SendAsync("Input.insertText", new JsonObject { ["text"] = text });

    /// <summary>Makes the window so large.</summary>
    public Task ResizeAsync(int width, int height) =>
        SendAsync(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject
            {
                ["width"] = width,
                ["height"] = height,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = false,
            }
        );

    /// <summary>Says that the reader prefers <c>light</c> or <c>dark</c>.</summary>
    public Task PreferAsync(string scheme) =>
        SendAsync(
            "Emulation.setEmulatedMedia",
            new JsonObject
            {
                ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
            }
        );

    /// <summary>Turns the scripts of pages off.</summary>
    public Task DisableScriptsAsync() =>
        SendAsync("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = true });

    /// <summary>What the page is to those who hear it: role and name of each node.</summary>
    public async Task<IReadOnlyList<(string Role, string Name)>> AccessibleAsync() =>
        [
            .. (await SendAsync("Accessibility.getFullAXTree", []))["nodes"]!
                .AsArray()
                .Where(node => !(bool)node!["ignored"]!)
                .Select(node => ((string?)node!["role"]?["value"] ?? "", (string?)node["name"]?["value"] ?? "")),
        ];

    /// <summary>Writes a picture of the page, at most 2,400 pixels of it, where the environment variable MTT_SCREENSHOTS names a folder for them.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("MTT_SCREENSHOTS") is not { Length: > 0 } folder)
        {
            return;
        }

        JsonNode size = (await EvaluateAsync("[innerWidth, Math.min(2400, document.documentElement.scrollHeight)]"))!;
        JsonObject clip = new()
        {
            ["x"] = 0,
            ["y"] = 0,
            ["width"] = (int)size[0]!,
            ["height"] = (int)size[1]!,
            ["scale"] = 1,
        };
        JsonObject picture = await SendAsync(
            "Page.captureScreenshot",
            new JsonObject { ["captureBeyondViewport"] = true, ["clip"] = clip }
        );
        await File.WriteAllBytesAsync(
            Path.Combine(folder, $"{name}.png"),
            Convert.FromBase64String((string)picture["data"]!)
        );
    }

    internal async Task ListenAsync()
    {
        foreach (string domain in new[] { "Page", "Runtime", "Log", "Audits" })
        {
            await SendAsync($"{domain}.enable", []);
        }
    }

    internal void Hear(string method, JsonObject happened)
    {
        string? problem = method switch
        {
            "Runtime.exceptionThrown" => happened.ToJsonString(),
            "Runtime.consoleAPICalled" when (string?)happened["type"] is "error" or "assert" => happened.ToJsonString(),
            "Log.entryAdded" when (string?)happened["entry"]!["level"] == "error" => happened.ToJsonString(),
            "Audits.issueAdded" when (string?)happened["issue"]!["code"] == "ContentSecurityPolicyIssue" =>
                happened.ToJsonString(),
            "Page.javascriptDialogOpening" => happened.ToJsonString(),
            _ => null,
        };
        if (problem is not null)
        {
            Problems.Enqueue($"{method} {problem}");
        }
    }

    private Task<JsonObject> SendAsync(string method, JsonObject parameters) =>
        _browser.SendAsync(method, parameters, _session);
}
