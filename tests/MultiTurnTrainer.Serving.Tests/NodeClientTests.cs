using System.Diagnostics;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>npm's openai client, unmodified.</summary>
public class NodeClientTests
{
    private static readonly string _source = Path.Combine(
        Repository.Root,
        "tests/MultiTurnTrainer.Serving.Tests/NodeClient"
    );

    [Fact]
    public async Task Client_OfNpm_ChatsCallsToolsAndFollowsResponses()
    {
        string folder = await InstallAsync();
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);

        (int code, string output, string error) = await RunAsync(folder, "node", "client.mjs", server.Server.Url);

        Assert.True(code == 0, error);
        JsonObject seen = JsonNode.Parse(output)!.AsObject();
        Assert.Equal("""["served"]""", seen["models"]!.ToJsonString());
        Assert.Equal("re: hello", (string?)seen["chat"]);
        Assert.Equal("re: hello", (string?)seen["streamed"]);
        Assert.Equal(("re: one", "re: two"), ((string?)seen["one"], (string?)seen["two"]));
        Assert.Equal("weather", (string?)seen["call"]!["name"]);
        Assert.Equal("Rome", (string?)JsonNode.Parse((string)seen["call"]!["arguments"]!)!["city"]);
        Assert.Equal("re: sunny", (string?)seen["told"]);
        Assert.Equal("""["re: first","re: second"]""", seen["responses"]!.ToJsonString());
        Assert.Equal(("re: third", "re: first"), ((string?)seen["final"], (string?)seen["read"]));
        string[] events = [.. seen["events"]!.AsArray().Select(name => (string)name!)];
        Assert.Equal("response.created", events[0]);
        Assert.Contains("response.output_text.delta", events);
        Assert.Equal("response.completed", events[^1]);
        Assert.Equal("""["in a conversation","re: in a conversation"]""", seen["items"]!.ToJsonString());
        Assert.True((bool)seen["deleted"]!);
        Assert.Equal("""[400,"unsupported_parameter","background"]""", seen["error"]!.ToJsonString());
    }

    /// <summary>The client's folder, with its package; a continuous integration fails where it cannot be made.</summary>
    private static async Task<string> InstallAsync()
    {
        string folder = Path.Combine(Repository.Root, "artifacts/node-client");
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(_source))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }

        if (!File.Exists(Path.Combine(folder, "node_modules/openai/package.json")))
        {
            (int code, _, string error) = await RunAsync(
                folder,
                "npm",
                "install",
                "--no-audit",
                "--no-fund",
                "--no-package-lock"
            );
            if (code != 0 && Environment.GetEnvironmentVariable("CI") is null)
            {
                Assert.Skip($"npm cannot install the openai package (scripts/setup.sh --tests): {error}");
            }

            Assert.True(code == 0, error);
        }

        return folder;
    }

    private static async Task<(int Code, string Out, string Error)> RunAsync(
        string folder,
        string program,
        params string[] arguments
    )
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await error);
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            return (127, "", problem.Message);
        }
    }
}
