using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace MultiTurnTrainer.Cli.Tests.Validation;

public sealed class ValidateCommandTests : IDisposable
{
    private const string Good =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";

    private const string Bad = """
        {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello, 100%: <|im_end|>"}]}
        {"messages":[{"role":"human","content":"hi"},{"role":"assistant","content":""}]}
        {"messages":[{"role":"user","content":"hi"
        {"text":"plain"}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    [InlineData("jsonl")]
    [InlineData("github")]
    [InlineData("sarif")]
    [InlineData("junit")]
    public void Validate_EveryFormat_IsAsStored(string format)
    {
        _folder.Write("a,b.jsonl", Bad);
        MttResult result = MttProcess.Run(_folder.Path, ["validate", "a,b.jsonl", "--format", format]);
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Error);
        Snapshot.Match($"Validate.{format}", result.Out);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Validate_SignalledWhileItWrites_LeavesNothing(string signal, int exitCode)
    {
        using Process process = MttProcess.Start(_folder.Path, "validate", "-", "--output", "out.jsonl");
        await process.StandardInput.WriteLineAsync("{}");
        await process.StandardInput.FlushAsync();
        bool HasBegun() => Directory.GetFiles(_folder.Path).Length > 0;
        Assert.True(SpinWait.SpinUntil(() => HasBegun() || process.HasExited, TimeSpan.FromMinutes(1)));
        await MttProcess.EndAsync(process, signal);
        Assert.Equal(exitCode, process.ExitCode);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Validate_EveryFormat_SaysTheSame()
    {
        _folder.Write("a.jsonl", Bad);
        using JsonDocument json = JsonDocument.Parse(Report("json"));
        string[] expected =
        [
            .. json
                .RootElement.GetProperty("findings")
                .EnumerateArray()
                .Select(finding => finding.GetProperty("code").GetString()!),
        ];
        using JsonDocument sarif = JsonDocument.Parse(Report("sarif"));
        JsonElement run = sarif.RootElement.GetProperty("runs")[0];
        Assert.Equal(
            expected,
            run.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("ruleId").GetString()!)
        );
        string[] lines = Report("jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Length + 2, lines.Length);
        Assert.Equal(
            expected.Length,
            Report("github").Split('\n').Count(line => line.StartsWith("::", StringComparison.Ordinal))
        );
        string junit = XDocument.Parse(Report("junit")).Descendants("testcase").Single().Value;
        Assert.All(expected, code => Assert.Contains(code, junit, StringComparison.Ordinal));
    }

    /// <summary>What the 2.1.0 schema requires, and what code-scanning services read.</summary>
    [Fact]
    public void Validate_Sarif_HasTheStructureOfTheStandard()
    {
        _folder.Write("a b#1.jsonl", Bad + "\n[1\n");
        using JsonDocument document = JsonDocument.Parse(
            MttProcess.Run(_folder.Path, ["validate", "a b#1.jsonl", "--format", "sarif"]).Out
        );
        JsonElement log = document.RootElement;
        Assert.Equal("2.1.0", log.GetProperty("version").GetString());
        Assert.EndsWith("sarif-2.1.0.json", log.GetProperty("$schema").GetString(), StringComparison.Ordinal);
        JsonElement run = Assert.Single(log.GetProperty("runs").EnumerateArray());
        JsonElement driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("mtt", driver.GetProperty("name").GetString());
        string[] levels = ["none", "note", "warning", "error"];
        JsonElement[] rules = [.. driver.GetProperty("rules").EnumerateArray()];
        Assert.Equal(rules.Length, rules.Select(rule => rule.GetProperty("id").GetString()).Distinct().Count());
        Assert.All(
            rules,
            rule =>
            {
                Assert.Matches("^MTT[0-9]{3}$", rule.GetProperty("id").GetString());
                foreach (string text in (string[])["shortDescription", "fullDescription", "help"])
                {
                    Assert.NotEmpty(rule.GetProperty(text).GetProperty("text").GetString()!);
                }

                Assert.Contains(rule.GetProperty("defaultConfiguration").GetProperty("level").GetString(), levels);
            }
        );
        Assert.NotEqual(0, run.GetProperty("results").GetArrayLength());
        Assert.All(
            run.GetProperty("results").EnumerateArray(),
            result =>
            {
                JsonElement rule = rules[result.GetProperty("ruleIndex").GetInt32()];
                Assert.Equal(rule.GetProperty("id").GetString(), result.GetProperty("ruleId").GetString());
                Assert.Contains(result.GetProperty("level").GetString(), levels);
                Assert.NotEmpty(result.GetProperty("message").GetProperty("text").GetString()!);
                JsonElement place = Assert
                    .Single(result.GetProperty("locations").EnumerateArray())
                    .GetProperty("physicalLocation");
                string uri = place.GetProperty("artifactLocation").GetProperty("uri").GetString()!;
                Assert.True(Uri.IsWellFormedUriString(uri, UriKind.Relative), uri);
                Assert.Equal("a b#1.jsonl", Uri.UnescapeDataString(uri));
                Assert.InRange(place.GetProperty("region").GetProperty("startLine").GetInt32(), 1, 5);
            }
        );
    }

    [Theory]
    [InlineData(Good, "error", 0)]
    [InlineData("""{"messages":[{"role":"assistant","content":"hello"}]}""", "error", 0)]
    [InlineData("""{"messages":[{"role":"assistant","content":"hello"}]}""", "warning", 1)]
    [InlineData("nope", "never", 0)]
    [InlineData("", "error", 1)]
    public void Validate_FailOn_DecidesTheCode(string rows, string failOn, int code)
    {
        _folder.Write("a.jsonl", rows);
        Assert.Equal(code, MttProcess.Run(_folder.Path, ["validate", "a.jsonl", "--fail-on", failOn]).ExitCode);
    }

    [Theory]
    [InlineData("missing.jsonl", "no such file")]
    [InlineData(".", "is a folder without files of rows")]
    public void Validate_NoFile_IsTwoAndNoReport(string input, string expected)
    {
        MttResult result = MttProcess.Run(_folder.Path, ["validate", input, "--format", "json"]);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_DamagedFileAmongOthers_FinishesTheReportAndIsTwo()
    {
        _folder.Write("a.jsonl", "nope\n");
        File.WriteAllBytes(_folder["b.jsonl.gz"], [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        _folder.Write("c.jsonl", "nope\n");
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["validate", "a.jsonl", "b.jsonl.gz", "c.jsonl", "--format", "sarif", "--output", "good.jsonl"]
        );
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("error: b.jsonl.gz: the compressed stream is damaged", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["good.jsonl"]));
        using JsonDocument sarif = JsonDocument.Parse(result.Out);
        Assert.Equal(
            ["MTT001", "MTT014", "MTT001"],
            sarif
                .RootElement.GetProperty("runs")[0]
                .GetProperty("results")
                .EnumerateArray()
                .Select(found => found.GetProperty("ruleId").GetString())
        );
    }

    [Fact]
    public void Validate_StandardInput_IsRead()
    {
        MttResult result = MttProcess.Run(_folder.Path, ["validate", "-"], input: Good + "\n");
        Assert.Equal((0, "1 row in 1 file (openai 1): no findings\n"), (result.ExitCode, result.Out));
    }

    [Fact]
    public void Validate_MaxErrors_StopsAndSaysSo()
    {
        _folder.Write("a.jsonl", string.Concat(Enumerable.Repeat("nope\n", 50)));
        MttResult result = MttProcess.Run(_folder.Path, ["validate", "a.jsonl", "--max-errors", "3"]);
        Assert.Contains("3 errors in 3 rows", result.Out, StringComparison.Ordinal);
        Assert.Contains("stopped at --max-errors", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_Fix_WritesGoodAndRejectedRows()
    {
        _folder.Write(
            "a.jsonl",
            Good + "\n" + """{"messages":[{"role":"human","content":"a"},{"role":"gpt","content":"b"}]}""" + "\nnope\n"
        );
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["validate", "a.jsonl", "--fix", "--output", "good.jsonl", "--rejects", "bad.jsonl"]
        );
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            Good + "\n" + """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""" + "\n",
            File.ReadAllText(_folder["good.jsonl"])
        );
        using JsonDocument rejected = JsonDocument.Parse(File.ReadAllText(_folder["bad.jsonl"]));
        Assert.Equal("nope", rejected.RootElement.GetProperty("text").GetString());
        Assert.Equal(3, rejected.RootElement.GetProperty("line").GetInt32());
        Assert.Equal(
            2,
            MttProcess.Run(_folder.Path, ["validate", "a.jsonl", "--fix", "--output", "good.jsonl"]).ExitCode
        );
    }

    [Fact]
    public void Stats_Html_ShowsPlotsInABrowserWithoutNetwork()
    {
        _folder.Write(
            "a.jsonl",
            string.Concat(
                Enumerable
                    .Range(1, 50)
                    .Select(i => Good.Replace("hello", new string('x', i * i), StringComparison.Ordinal) + "\n")
            )
        );
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["stats", "a.jsonl", "--max-length", "1000", "--html", "stats.html"]
        );
        Assert.True(result.ExitCode == 0, result.Error);
        string page = File.ReadAllText(_folder["stats.html"]);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        const string browser = "/usr/bin/chromium";
        Assert.SkipUnless(File.Exists(browser), "needs /usr/bin/chromium");
        ProcessStartInfo start = new(
            browser,
            [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                $"--user-data-dir={_folder["profile"]}",
                "--dump-dom",
                _folder["stats.html"],
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string dom = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.NotNull(errors);
        Assert.True(dom.Split("<svg").Length > 6, dom);
        Assert.Contains("class=\"bar c0\"", dom, StringComparison.Ordinal);
    }

    private string Report(string format) =>
        MttProcess.Run(_folder.Path, ["validate", "a.jsonl", "--format", format]).Out;
}
