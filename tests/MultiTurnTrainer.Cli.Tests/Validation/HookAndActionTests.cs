using System.Diagnostics;
using System.Text.Json;
using YamlDotNet.RepresentationModel;

namespace MultiTurnTrainer.Cli.Tests.Validation;

/// <summary>The pre-commit hook and the GitHub Action of the repository, run as their programs would run them.</summary>
public sealed class HookAndActionTests : IDisposable
{
    private const string Good =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";
    private const string Bad = """{"messages":[{"role":"human","content":"hi"},{"role":"assistant","content":"x"}]}""";

    private readonly TempFolder _folder = new();

    public HookAndActionTests()
    {
        _folder.Write("good.jsonl", Good + "\n");
        _folder.Write("bad one.jsonl", Bad + "\n");
        Directory.CreateDirectory(_folder["bin"]);
        File.CreateSymbolicLink(_folder["bin/mtt"], Repository.Mtt);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>As pre-commit does it: the words of <c>entry</c>, then the staged files that match <c>files</c>.</summary>
    [Theory]
    [InlineData("good.jsonl", 0)]
    [InlineData("good.jsonl|bad one.jsonl", 1)]
    public void Hook_OnStagedFiles_FailsOnFindings(string files, int code)
    {
        YamlMappingNode hook = (YamlMappingNode)((YamlSequenceNode)Read(".pre-commit-hooks.yaml")).Children[0];
        Assert.Equal("mtt-validate", Text(hook, "id"));
        Assert.Equal("system", Text(hook, "language"));
        Assert.All(files.Split('|'), file => Assert.Matches(Text(hook, "files"), file));
        Assert.DoesNotMatch(Text(hook, "files"), "package.json");
        (int exit, string shown) = Run([.. Text(hook, "entry").Split(' '), .. files.Split('|')], []);
        Assert.Equal(code, exit);
        Assert.Equal(code == 1, shown.Contains("bad one.jsonl:1: error MTT104", StringComparison.Ordinal));
    }

    [Fact]
    public void Action_Inputs_AllReachTheScript()
    {
        YamlMappingNode action = (YamlMappingNode)Read("action.yml");
        YamlMappingNode runs = (YamlMappingNode)action["runs"];
        Assert.Equal("composite", Text(runs, "using"));
        YamlMappingNode step = (YamlMappingNode)Assert.Single((YamlSequenceNode)runs["steps"]);
        Assert.Equal("\"$GITHUB_ACTION_PATH/scripts/github-action.sh\"", Text(step, "run"));
        YamlMappingNode variables = (YamlMappingNode)step["env"];
        string script = File.ReadAllText(Path.Combine(Repository.Root, "scripts/github-action.sh"));
        foreach (string input in ((YamlMappingNode)action["inputs"]).Children.Keys.Select(key => key.ToString()))
        {
            string name = $"INPUT_{input.ToUpperInvariant()}";
            Assert.Equal($"${{{{ inputs.{input} }}}}", Text(variables, name));
            Assert.Matches($@"\$\{{?{name}\b", script);
        }
    }

    [Fact]
    public void Action_OnFindings_AnnotatesSummarisesAndWritesSarif()
    {
        (int code, string shown) = Action(
            new()
            {
                ["INPUT_FILES"] = "*.jsonl\n",
                ["INPUT_ARGUMENTS"] = "--duplicates\nnone\n--fail-on\nwarning",
                ["INPUT_SARIF"] = "found.sarif",
            }
        );
        Assert.Equal(1, code);
        Assert.Contains("::error file=bad one.jsonl,line=1", shown, StringComparison.Ordinal);
        Assert.Contains("MTT104 unknown-role", File.ReadAllText(_folder["summary.md"]), StringComparison.Ordinal);
        Assert.Equal("sarif=found.sarif\n", File.ReadAllText(_folder["output"]));
        using JsonDocument sarif = JsonDocument.Parse(File.ReadAllText(_folder["found.sarif"]));
        Assert.Equal(1, sarif.RootElement.GetProperty("runs")[0].GetProperty("results").GetArrayLength());
    }

    [Fact]
    public void Action_OnGoodFiles_Passes() => Assert.Equal(0, Action(new() { ["INPUT_FILES"] = "good.jsonl" }).Code);

    [Theory]
    [InlineData("", "::error::the input 'files' names no file")]
    [InlineData("none.jsonl", "there is no such file")]
    public void Action_WithoutAFile_IsTwo(string files, string expected)
    {
        (int code, string shown) = Action(new() { ["INPUT_FILES"] = files });
        Assert.Equal(2, code);
        Assert.Contains(expected, shown, StringComparison.Ordinal);
    }

    private (int Code, string Shown) Action(Dictionary<string, string> inputs)
    {
        inputs["GITHUB_ACTIONS"] = "true";
        inputs["GITHUB_STEP_SUMMARY"] = _folder["summary.md"];
        inputs["GITHUB_OUTPUT"] = _folder["output"];
        inputs["INPUT_MTT"] = "mtt";
        return Run([Path.Combine(Repository.Root, "scripts/github-action.sh")], inputs);
    }

    private (int Code, string Shown) Run(string[] command, Dictionary<string, string> environment)
    {
        ProcessStartInfo start = new("bash", ["-c", "exec \"$@\" 2>&1", "bash", .. command])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
        };
        start.Environment["PATH"] = $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string shown = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, shown);
    }

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    private static YamlNode Read(string file)
    {
        YamlStream stream = [];
        using StreamReader reader = new(Path.Combine(Repository.Root, file));
        stream.Load(reader);
        return stream.Documents[0].RootNode;
    }
}
