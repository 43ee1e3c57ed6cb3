using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MultiTurnTrainer.Cli.Commands;

namespace MultiTurnTrainer.Cli.Tests.Validation;

/// <summary>What people who run <c>mtt validate</c> in CI, and again and again beside an editor, ask of it.</summary>
public sealed class ValidateInCITests : IDisposable
{
    private const string Good =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";
    private const string Bad = """{"messages":[{"role":"human","content":"hi"},{"role":"assistant","content":"x"}]}""";
    private const string Mail =
        """{"messages":[{"role":"user","content":"I am ada@sternwarte-koeln.de"},{"role":"assistant","content":"hello"}]}""";

    private readonly TempFolder _folder = new();

    public ValidateInCITests()
    {
        _folder.Write("data/a.jsonl", Good + "\n");
        _folder.Write("data/raw/b.jsonl", Bad + "\n");
        _folder.Write("data/raw/deep/c.json", $"[{Good}]");
        _folder.Write("data/readme.txt", "no rows");
        _folder.Write("data/a.jsonl.manifest.json", "{}");
        _folder.Write("data/.hidden/d.jsonl", Bad + "\n");
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("data", "data/a.jsonl data/raw/b.jsonl data/raw/deep/c.json")]
    [InlineData("./data/", "./data/a.jsonl ./data/raw/b.jsonl ./data/raw/deep/c.json")]
    [InlineData("data/*.jsonl", "data/a.jsonl")]
    [InlineData("data/**/*.jsonl", "data/a.jsonl data/raw/b.jsonl")]
    [InlineData("data/r?w/*", "data/raw/b.jsonl")]
    [InlineData("**/c.json", "data/raw/deep/c.json")]
    [InlineData("data/a.jsonl data", "data/a.jsonl data/raw/b.jsonl data/raw/deep/c.json")]
    [InlineData("data --exclude data/raw/**", "data/a.jsonl")]
    [InlineData("data --exclude b.*", "data/a.jsonl data/raw/deep/c.json")]
    public void Validate_FolderOrPattern_ReadsTheFilesBehindIt(string inputs, string files) =>
        Assert.Equal(files.Split(' '), Cases(["validate", .. inputs.Split(' '), "--format", "junit"]));

    [Theory]
    [InlineData("nothing/*.jsonl", "nothing/*.jsonl: no file has such a name")]
    [InlineData("empty", "empty: is a folder without files of rows")]
    [InlineData("saved", "saved/train: is a folder of Arrow files, which are not read")]
    public void Validate_NameThatStandsForNoRows_IsTwo(string input, string expected)
    {
        Directory.CreateDirectory(_folder["empty"]);
        _folder.Write("saved/dataset_dict.json", """{"splits":["train"]}""");
        _folder.Write("saved/train/data-00000-of-00001.arrow", "ARROW1");
        MttResult result = Run(["validate", input]);
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.StartsWith($"error: {expected}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Baseline_KnownFindingsDoNotFailAndNewOnesDo()
    {
        string row = Bad.Replace("hi", "ho", StringComparison.Ordinal);
        _folder.Write("rows.jsonl", Bad + "\n" + Mail + "\n");
        MttResult written = Run(["validate", "rows.jsonl", "--write-baseline", "known.txt"]);
        Assert.Equal(0, written.ExitCode);

        MttResult known = Run(["validate", "rows.jsonl", "--baseline", "known.txt", "--fail-on", "info"]);
        Assert.Equal(0, known.ExitCode);
        Assert.DoesNotContain("MTT", known.Out, StringComparison.Ordinal);
        Assert.Contains("no findings; 2 of the baseline", known.Out, StringComparison.Ordinal);

        // Rows that move stay known; the same row once more is one more, and so is another row.
        _folder.Write("moved.jsonl", Good + "\n" + Mail + "\n" + Bad + "\n");
        Assert.Equal(0, Run(["validate", "moved.jsonl", "--baseline", "known.txt", "--fail-on", "info"]).ExitCode);
        foreach (string more in (string[])[row, Bad])
        {
            _folder.Write("more.jsonl", $"{Mail}\n{Bad}\n{more}\n");
            MttResult result = Run(["validate", "more.jsonl", "--baseline", "known.txt", "--format", "json"]);
            Assert.Equal(1, result.ExitCode);
            using JsonDocument report = JsonDocument.Parse(result.Out);
            JsonElement error = Assert.Single(
                report.RootElement.GetProperty("findings").EnumerateArray(),
                finding => finding.GetProperty("severity").GetString() == "error"
            );
            Assert.Equal(3, error.GetProperty("line").GetInt32());
            Assert.Equal(2, report.RootElement.GetProperty("summary").GetProperty("known").GetInt32());
        }

        _folder.Write("rows.jsonl", Mail + "\n");
        MttResult mended = Run(["validate", "rows.jsonl", "--baseline", "known.txt"]);
        Assert.Contains("1 of the baseline are gone, so write it again", mended.Out, StringComparison.Ordinal);
        _folder.Write("broken.txt", "MTT104 many\n");
        MttResult broken = Run(["validate", "rows.jsonl", "--baseline", "broken.txt"]);
        Assert.Equal(2, broken.ExitCode);
        Assert.StartsWith("error: broken.txt:1: is no line of a baseline", broken.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_BaselineWithSomeOfItsFiles_SaysNothingOfTheOthers()
    {
        _folder.Write("a.jsonl", Bad + "\n");
        _folder.Write("b.jsonl", Mail + "\n");
        Assert.Equal(0, Run(["validate", "a.jsonl", "b.jsonl", "--write-baseline", "known.txt"]).ExitCode);
        MttResult one = Run(["validate", "./a.jsonl", "--baseline", "known.txt"]);
        Assert.Contains("1 of the baseline", one.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("gone", one.Out, StringComparison.Ordinal);

        _folder.Write("a.jsonl", Good + "\n");
        Assert.Contains(
            "1 of the baseline are gone",
            Run(["validate", "a.jsonl", "--baseline", "known.txt"]).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Watch_FileThatCannotBeRead_IsSaidAndTheNextChangeWaitedFor()
    {
        string file = _folder["data/a.jsonl"];
        int turn = 0;
        Assert.Throws<OperationCanceledException>(() =>
            InputWatch.Run(
                () => [file],
                () =>
                {
                    turn++;
                    File.AppendAllText(file, Good + "\n");
                    throw turn < 3
                        ? turn == 1
                            ? new IOException("the disk went away")
                            : new UnauthorizedAccessException("not yours")
                        : new OperationCanceledException();
                }
            )
        );
        Assert.Equal(3, turn);
    }

    [Fact]
    public void Validate_PerFileIgnores_LeaveCodesOutWhereTheyAreNamed()
    {
        _folder.Write("data/b.jsonl", Bad + "\n");
        string[] Places(params string[] more)
        {
            MttResult result = Run(["validate", "data", "--format", "jsonl", .. more]);
            return
            [
                .. result
                    .Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonElement.Parse(line))
                    .Where(line => line.GetProperty("type").GetString() == "finding")
                    .Where(line => line.GetProperty("code").GetString() == "MTT104")
                    .Select(line => line.GetProperty("file").GetString()!),
            ];
        }

        Assert.Equal(["data/b.jsonl", "data/raw/b.jsonl"], Places());
        Assert.Equal(["data/b.jsonl"], Places("--per-file-ignore", "data/raw/*=MTT104,unknown-key"));
        Assert.Empty(Places("--per-file-ignore", "b.jsonl=MTT104"));
        _folder.Write("mtt.yaml", "validate:\n  per_file_ignores:\n    data/raw/*: [unknown-role]\n");
        Assert.Equal(["data/b.jsonl"], Places());
        _folder.Write("mtt.yaml", "validate:\n  ignore: [MTT104]\n");
        Assert.Empty(Places());
        MttResult unknown = Run(["validate", "data", "--per-file-ignore", "b.jsonl=MTT999"]);
        Assert.Equal(2, unknown.ExitCode);
        Assert.Contains(
            "error: --per-file-ignore MTT999: there is no such code",
            unknown.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Validate_GitHub_HasTenAnnotationsErrorsFirstAndASummaryOfEveryKind()
    {
        _folder.Write("many.jsonl", string.Concat(Enumerable.Repeat(Mail + "\n", 30).Append(Bad + "\n")));
        Dictionary<string, string> runner = new()
        {
            ["GITHUB_ACTIONS"] = "true",
            ["GITHUB_STEP_SUMMARY"] = _folder.Write("summary.md", "# An earlier step\n"),
            ["MTT_VALIDATE__DOCUMENTATION"] = "https://docs.example/mtt",
        };
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["validate", "many.jsonl", "--format", "github", "--duplicates", "none"],
            environment: runner
        );
        string[] lines = result.Out.Split('\n');
        string[] annotations = [.. lines.Where(line => line.StartsWith("::", StringComparison.Ordinal))];
        Assert.Equal(10, annotations.Length);
        Assert.StartsWith("::error file=many.jsonl,line=31", annotations[0], StringComparison.Ordinal);
        Assert.Contains(
            lines,
            line => line.EndsWith("GitHub shows 10 of a step, its summary counts every kind", StringComparison.Ordinal)
        );
        string summary = File.ReadAllText(_folder["summary.md"]);
        Assert.StartsWith("# An earlier step\n### mtt validate\n", summary, StringComparison.Ordinal);
        Assert.Matches(
            @"\| 1 \| error \| \[MTT104 unknown-role\]\(https://\S+/findings\.md#mtt104-unknown-role\) \|",
            summary
        );
        Assert.Matches(@"\| 30 \| \w+ \| \[MTT403 ", summary);
    }

    [Fact]
    public void Validate_SummaryOfGitHub_ShowsDataAsText()
    {
        _folder.Write("a|<b>`.jsonl", Bad + "\n");
        Dictionary<string, string> runner = new() { ["GITHUB_STEP_SUMMARY"] = _folder["summary.md"] };
        MttProcess.Run(_folder.Path, ["validate", "a|<b>`.jsonl", "--format", "github"], environment: runner);
        string row = File.ReadAllLines(_folder["summary.md"])
            .Single(line => line.Contains("MTT104", StringComparison.Ordinal));
        Assert.DoesNotContain('`', row);
        Assert.DoesNotContain("<b>", row, StringComparison.Ordinal);
        Assert.Equal(6, row.Count(c => c == '|'));
    }

    [Fact]
    public void Validate_SummaryOfGitHubThatCannotBeWritten_NamesTheVariable()
    {
        Dictionary<string, string> runner = new() { ["GITHUB_STEP_SUMMARY"] = _folder["none/summary.md"] };
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["validate", "data/a.jsonl", "--format", "github"],
            environment: runner
        );
        Assert.Equal((2, ""), (result.ExitCode, result.Out));
        Assert.StartsWith("error: GITHUB_STEP_SUMMARY=", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_SarifWithoutDocumentation_HasTheHelpItselfAndNoAddressOfAHost()
    {
        string text = Run(["validate", "data", "--format", "sarif"]).Out;
        Assert.DoesNotMatch("https?://(?!json.schemastore.org/sarif)", text);
        using JsonDocument log = JsonDocument.Parse(text);
        Assert.All(
            log.RootElement.GetProperty("runs")[0]
                .GetProperty("tool")
                .GetProperty("driver")
                .GetProperty("rules")
                .EnumerateArray(),
            rule =>
            {
                string help = rule.GetProperty("helpUri").GetString()!;
                Assert.True(Uri.IsWellFormedUriString(help, UriKind.Absolute), help);
                Assert.Equal(
                    rule.GetProperty("help").GetProperty("text").GetString(),
                    Uri.UnescapeDataString(help["data:text/plain,".Length..])
                );
            }
        );
    }

    [Fact]
    public void Validate_Sarif_RulesHaveHelpAndMetadata()
    {
        string[] set = ["--set", "validate.documentation=https://docs.example/mtt/"];
        using JsonDocument log = JsonDocument.Parse(Run(["validate", "data", "--format", "sarif", .. set]).Out);
        JsonElement driver = log.RootElement.GetProperty("runs")[0].GetProperty("tool").GetProperty("driver");
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/findings.md"));
        Assert.True(Uri.IsWellFormedUriString(driver.GetProperty("informationUri").GetString(), UriKind.Absolute));
        Assert.All(
            driver.GetProperty("rules").EnumerateArray(),
            rule =>
            {
                Uri help = new(rule.GetProperty("helpUri").GetString()!, UriKind.Absolute);
                Assert.Equal("https://docs.example/mtt/findings.md", help.GetLeftPart(UriPartial.Path));
                // The anchor that GitHub makes of the entry's heading.
                Assert.Contains(
                    page.Split('\n'),
                    line =>
                        line.StartsWith("### ", StringComparison.Ordinal)
                        && line[4..].ToLowerInvariant().Replace(' ', '-') == help.Fragment[1..]
                );
                Assert.Contains(
                    help.ToString(),
                    rule.GetProperty("help").GetProperty("markdown").GetString(),
                    StringComparison.Ordinal
                );
                JsonElement properties = rule.GetProperty("properties");
                Assert.Equal("dataset", properties.GetProperty("tags")[0].GetString());
                Assert.Contains(
                    properties.GetProperty("problem.severity").GetString(),
                    (string[])["error", "warning", "recommendation"]
                );
            }
        );
    }

    [Fact]
    public void Validate_JUnit_HasACaseForEveryFile()
    {
        _folder.Write("clean.jsonl", Good + "\n");
        XElement suite = Suite(["validate", "clean.jsonl", "--format", "junit"]);
        Assert.Equal(("1", "0"), ((string?)suite.Attribute("tests"), (string?)suite.Attribute("failures")));
        Assert.Empty(Assert.Single(suite.Elements("testcase")).Elements());

        suite = Suite(["validate", "data", "clean.jsonl", "--format", "junit", "--max-errors", "1"]);
        Assert.Equal(
            [
                ("data/a.jsonl", ""),
                ("data/raw/b.jsonl", "failure"),
                ("data/raw/deep/c.json", "skipped"),
                ("clean.jsonl", "skipped"),
            ],
            suite
                .Elements("testcase")
                .Select(test =>
                    (
                        (string)test.Attribute("name")!,
                        string.Concat(test.Elements().Select(element => element.Name.LocalName))
                    )
                )
        );
        Assert.Equal("2", (string?)suite.Attribute("skipped"));
    }

    [Fact]
    public void Validate_Text_HasOneLineForAKindOfWarning()
    {
        _folder.Write("many.jsonl", string.Concat(Enumerable.Repeat(Mail + "\n", 40)));
        string[] lines = Run(["validate", "many.jsonl", "--duplicates", "none"]).Out.Split('\n');
        string line = Assert.Single(lines, line => line.Contains("MTT403", StringComparison.Ordinal));
        Assert.StartsWith("many.jsonl:1: ", line, StringComparison.Ordinal);
        Assert.EndsWith("(and 39 more)", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Quiet_SaysErrorsOnlyAndNothingElse()
    {
        _folder.Write("warned.jsonl", Mail + "\n");
        MttResult clean = Run(["validate", "warned.jsonl", "--quiet"]);
        Assert.Equal((0, "", ""), (clean.ExitCode, clean.Out, clean.Error));
        MttResult bad = Run(["validate", "warned.jsonl", "data/raw/b.jsonl", "-q"]);
        Assert.Equal(1, bad.ExitCode);
        Assert.Matches(@"\Adata/raw/b\.jsonl:1: error MTT104 .*\n\z", bad.Out);
    }

    [Theory]
    [InlineData("auto", "", true, true)]
    [InlineData("auto", "1", true, false)]
    [InlineData("auto", "", false, false)]
    [InlineData("always", "", false, true)]
    [InlineData("never", "", true, false)]
    public void Validate_Colour_IsInATerminalUnlessNoColorIsSet(
        string colour,
        string noColor,
        bool inTerminal,
        bool expected
    )
    {
        Dictionary<string, string> environment = new() { ["NO_COLOR"] = noColor, ["TERM"] = "xterm" };
        string[] command = ["validate", "data/raw/b.jsonl", "--color", colour];
        string shown = inTerminal
            ? InTerminal(command, environment)
            : MttProcess.Run(_folder.Path, command, environment: environment).Out;
        Assert.Contains("MTT104", shown, StringComparison.Ordinal);
        Assert.Equal(expected, shown.Contains("\e[31merror MTT104\e[0m", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Validate_Watch_ChecksAgainWhenAFileChangesOrAppears()
    {
        using Process process = MttProcess.Start(_folder.Path, "validate", "data", "--watch");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            Assert.Contains("3 rows in 3 files", await NextTotal(process), StringComparison.Ordinal);
            _folder.Write("data/raw/b.jsonl", Good + "\n" + Bad + "\n");
            Assert.Contains("4 rows in 3 files", await NextTotal(process), StringComparison.Ordinal);
            _folder.Write("data/new.jsonl", Good + "\n");
            Assert.Contains("5 rows in 4 files", await NextTotal(process), StringComparison.Ordinal);
        }
        finally
        {
            await MttProcess.EndAsync(process, "INT");
        }

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("changed: data/raw/b.jsonl", await errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WatchOfStandardInput_IsRefused() =>
        Assert.StartsWith("error: --watch: ", Run(["validate", "-", "--watch"]).Error, StringComparison.Ordinal);

    private static async Task<string> NextTotal(Process process)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (Regex.IsMatch(line, @"rows? in \d+ file"))
            {
                return line;
            }
        }

        return "the process ended";
    }

    private string InTerminal(string[] command, Dictionary<string, string> environment)
    {
        string line = string.Join(' ', ((string[])[Repository.Mtt, .. command]).Select(word => $"'{word}'"));
        ProcessStartInfo start = new("script", ["-qec", line, "/dev/null"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process.StandardOutput.ReadToEnd();
    }

    private string[] Cases(string[] command) =>
        [.. Suite(command).Elements("testcase").Select(test => (string)test.Attribute("name")!)];

    private XElement Suite(string[] command) => XDocument.Parse(Run(command).Out).Root!.Element("testsuite")!;

    private MttResult Run(string[] command) => MttProcess.Run(_folder.Path, command);
}
