using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Sandboxes;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Evaluation.Tests.Verifiers;

/// <summary>Programs in the sandbox; skipped where nothing keeps them in.</summary>
public class CodeVerifierTests
{
    private static readonly ShardedTask _sum = Tasks.Of(
        "code",
        new
        {
            metadata = new { func_name = "total" },
            public_test_cases = new[] { new { input = "[1, 2]\n3", output = "6" } },
            private_test_cases = """[{"input": "[]\n0", "output": "0"}]""",
        }
    );

    private static readonly ShardedTask _echo = Tasks.Of(
        "code",
        new { public_test_cases = new[] { new { input = "3\n", output = "9.0 ok" } } }
    );

    [Theory]
    [InlineData("def total(a, b):\n    return sum(a) + b", true, true)]
    [InlineData("def other(a, b):\n    return sum(a) + b", true, true)]
    [InlineData("def one(a):\n    return a\n\ndef total(a, b):\n    return sum(a) + one(b)", true, false)]
    [InlineData("class Solution:\n    def total(self, a, b):\n        return sum(a) + b", true, true)]
    [InlineData("def total(a, b):\n    return 6", false, false)]
    [InlineData("def total(a, b):\n    print('6')\n    raise ValueError", false, false)]
    [InlineData("def total(a, b):\n    while True: pass", false, false)]
    [InlineData("def total(a, b):\n    return float('nan')", false, false)]
    [InlineData("def total(a, b):\n    return [0] * (10 ** 12)", false, false)]
    [InlineData("def total(a, b)\n    return 6", false, false)]
    public void Judge_Functions_AreRunOnEveryTest(string code, bool correct, bool asPublished)
    {
        Verdict verdict = Open().Judge(_sum, $"Here:\n```python\n{code}\n```");
        Assert.Equal((correct, asPublished), (verdict.IsCorrect, verdict.IsCorrectAsPublished));
    }

    [Fact]
    public void Judge_AProgramThatPrints_IsComparedLineByLine()
    {
        string reply = "```python\ndef main():\n    print(int(input()) ** 2, end='.00 ok\\n')\nmain()\n```";
        Assert.False(Open().Judge(_echo, reply).IsCorrect);
        string half = "```python\ndef main():\n    print('\\ud800')\nmain()\n```";
        Assert.False(Open().Judge(_echo, half).IsCorrect);
        Assert.True(Open().Judge(_echo, reply.Replace(".00", ".0", StringComparison.Ordinal)).IsCorrect);
    }

    [Theory]
    [InlineData("import socket\n    socket.create_connection(('127.0.0.1', PORT), 5)")]
    [InlineData("open('/var/tmp/mtt-was-here', 'w').write('x')")]
    [InlineData("import os\n    [os.fork() for _ in range(20)]")]
    public void Judge_ProgramsThatWouldDoHarm_AreStoppedAtIt(string harm)
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        string port = ((IPEndPoint)server.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string code = harm.Replace("PORT", port, StringComparison.Ordinal);

        // One that is not stopped gives the right result.
        Verdict verdict = Open().Judge(_sum, $"```python\ndef total(a, b):\n    {code}\n    return sum(a) + b\n```");
        Assert.False(verdict.IsCorrect);
        Assert.False(File.Exists("/var/tmp/mtt-was-here"));
    }

    [Theory]
    [InlineData("os.kill(os.getppid(), 9)")]
    [InlineData("os.write(1, right)")]
    [InlineData("os.write(3, right)")]
    public void Judge_ProgramsThatForgeOrKill_HaveNoScore(string harm)
    {
        const string forge = "import os\n    right = b'{\"token\": \"\", \"result\": \"%d\"}\\n' % (sum(a) + b)";
        Verdict verdict = Open()
            .Judge(_sum, $"```python\ndef total(a, b):\n    {forge}\n    {harm}\n    return 7\n```");
        Assert.False(verdict.IsCorrect);
    }

    /// <summary>64 MB are there to write, not more.</summary>
    [Theory]
    [InlineData("bwrap", "/tmp", 40, true)]
    [InlineData("bwrap", "/tmp", 100, false)]
    [InlineData("bwrap", "/dev/shm", 1, false)]
    [InlineData("unshare", "/tmp", 40, true)]
    [InlineData("unshare", "/tmp", 100, false)]
    public void Run_ProgramThatFillsItsDisk_IsStopped(string program, string folder, int megabytes, bool works)
    {
        string code = $"""
            def fill():
                for i in range({megabytes}):
                    open('{folder}/%d' % i, 'wb').write(bytes(1 << 20))
                return 'written'
            """;
        IReadOnlyDictionary<string, string>? said = Skipping(() => Sandbox.Open(program)).Run(code, "fill", "");
        Assert.Equal(works, said?.GetValueOrDefault("result") == "\"written\"");
    }

    [Fact]
    public void Open_NothingThatKeepsAProgramIn_IsRefused() =>
        Assert.Contains(
            "there is no no-such-program here",
            Assert.Throws<MttException>(() => Sandbox.Open("no-such-program")).Message
        );

    [Fact]
    public void WhyUnscorable_PickledTests_AreRefused()
    {
        ShardedTask task = Tasks.Of("code", new { private_test_cases = "eJxrYJmayQABtVMQ" });
        MttException problem = Assert.Throws<MttException>(() => Open().WhyUnscorable(task));
        Assert.Contains("private_test_cases", problem.Message, StringComparison.Ordinal);
    }

    private static CodeVerifier Open() => Skipping(() => CodeVerifier.Open(allowed: true));

    private static T Skipping<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (MttException problem)
        {
            Assert.Skip(problem.Message);
            throw;
        }
    }
}
