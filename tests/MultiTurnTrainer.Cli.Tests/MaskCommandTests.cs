using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Testing.Browser;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt mask</c> and <c>mtt inspect</c> as processes.</summary>
public class MaskCommandTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );
    private static readonly string _chat = Path.Combine(Repository.Root, "datasets/chat/chat.jsonl");

    private const string Row =
        """{"id":"a","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";

    [Fact]
    public void Mask_ToJsonl_WritesTheContractsKeysAndAManifest()
    {
        using TempFolder folder = new();
        folder.Write(
            "in.jsonl",
            Row + "\n" + Row.Replace("\"id\":\"a\",", "").Replace("hello\"", "hello\",\"weight\":0.5")
        );
        MttResult result = Mask(folder, "in.jsonl", "--output", "rows.jsonl");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Empty(result.Out);
        string[] lines = File.ReadAllLines(folder["rows.jsonl"]);
        JsonElement first = JsonElement.Parse(lines[0]);
        Assert.Equal(["id", "input_ids", "labels"], first.EnumerateObject().Select(property => property.Name));
        JsonElement second = JsonElement.Parse(lines[1]);
        Assert.Equal(
            ["id", "input_ids", "labels", "loss_weights"],
            second.EnumerateObject().Select(property => property.Name)
        );
        Assert.Equal(JsonValueKind.Null, second.GetProperty("id").ValueKind);
        JsonElement manifest = JsonElement.Parse(File.ReadAllText(folder["rows.jsonl.manifest.json"]));
        Assert.Equal(2, manifest.GetProperty("counts").GetProperty("rows").GetInt32());
        Assert.True(manifest.GetProperty("outputs").TryGetProperty("rows.jsonl", out _));
    }

    [Fact]
    public void Mask_OneOrThreeThreads_GivesTheSameBytes()
    {
        using TempFolder folder = new();
        foreach (string threads in (string[])["1", "3"])
        {
            MttResult result = Mask(folder, _chat, "--output", $"{threads}.parquet", "--threads", threads);
            Assert.True(result.ExitCode == 0, result.Error);
        }

        Assert.Equal(File.ReadAllBytes(folder["1.parquet"]), File.ReadAllBytes(folder["3.parquet"]));
    }

    [Fact]
    public void Mask_Profile_NamesTheStagesOfTheWork()
    {
        using TempFolder folder = new();
        MttResult result = Mask(folder, _chat, "--output", "rows.parquet", "--profile");
        Assert.True(result.ExitCode == 0, result.Error);
        foreach (string stage in (string[])["read", "parse", "render", "encode", "align", "write", "other", "total"])
        {
            Assert.Matches($@"(?m)^  {stage} +\d+\.\d\d s", result.Error);
        }
    }

    [Fact]
    public void Html_OfARowWithFindings_ListsThem()
    {
        using TempFolder folder = new();
        folder.Write("in.jsonl", Row + "\n" + Row.Replace("hello", "mail me: jane.doe@gmail.com <|im_end|>"));
        Assert.Equal(0, Mask(folder, "in.jsonl", "--html", "mask.html").ExitCode);
        string[] arguments = ["inspect", "in.jsonl", "--model", _model, "--skip", "1", "--html", "inspect.html"];
        Assert.Equal(0, MttProcess.Run(folder.Path, arguments).ExitCode);

        foreach (string page in (string[])["mask.html", "inspect.html"])
        {
            string html = File.ReadAllText(folder[page]);
            Assert.Contains("<li>warning MTT401 messages[1].content: ", html);
            Assert.Contains("<li>warning MTT403 messages[1].content: ", html);
            Assert.Contains("<h2>in.jsonl:2", html);
        }

        Assert.DoesNotContain("<h2>in.jsonl:1", File.ReadAllText(folder["inspect.html"]));
    }

    [Fact]
    public void Inspect_OfMaskedRows_ShowsTheSameSupervisedText()
    {
        using TempFolder folder = new();
        folder.Write("in.jsonl", Row.Replace("hello", "héllo 日本 <|im_end|> 😀"));
        Assert.Equal(0, Mask(folder, "in.jsonl", "--output", "rows.parquet").ExitCode);

        string made = MttProcess.Run(folder.Path, ["inspect", "in.jsonl", "--model", _model]).Out;
        string stored = MttProcess.Run(folder.Path, ["inspect", "rows.parquet", "--model", _model]).Out;
        Assert.Contains("⟦héllo 日本 <|im_end|> 😀<|im_end|>⟧", made);
        Assert.Contains("⟦héllo 日本 <|im_end|> 😀<|im_end|>⟧", stored);
    }

    [Theory]
    [InlineData("", "holds no rows")]
    [InlineData("""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","con""", "in.jsonl:1: ")]
    [InlineData(
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","weight":0}]}""",
        "weight-0"
    )]
    [InlineData("""{"messages":[{"role":"user","content":"hi"}]}""", "no-answer")]
    [InlineData(
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","weight":-1}]}""",
        "messages[1].weight"
    )]
    public void Mask_UnusableInput_IsOneErrorAndNoOutput(string input, string expected)
    {
        using TempFolder folder = new();
        folder.Write("in.jsonl", input);
        MttResult result = Mask(folder, "in.jsonl", "--output", "rows.parquet");

        Assert.Equal(2, result.ExitCode);
        Assert.Single(result.Error.Split('\n'), line => line.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains(expected, result.Error);
        Assert.Contains("\n  hint: ", result.Error);
        Assert.DoesNotContain("   at ", result.Error);
        Assert.Equal(["in.jsonl"], Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Mask_OutputExists_NeedsForce()
    {
        using TempFolder folder = new();
        folder.Write("in.jsonl", Row);
        folder.Write("rows.jsonl", "precious");

        Assert.Equal(2, Mask(folder, "in.jsonl", "--output", "rows.jsonl").ExitCode);
        Assert.Equal("precious", File.ReadAllText(folder["rows.jsonl"]));
        Assert.Equal(0, Mask(folder, "in.jsonl", "--output", "rows.jsonl", "--force").ExitCode);
    }

    [Fact]
    public void Mask_FullDisk_SaysSoAndLeavesNothing()
    {
        using TempFolder folder = new();
        string disk = folder["disk"];
        Directory.CreateDirectory(disk);
        if (!Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk))
        {
            Assert.Skip("needs the right to mount a small tmpfs");
        }

        try
        {
            MttResult result = Mask(folder, _chat, "--output", Path.Combine(disk, "rows.jsonl"));
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("the disk is full", result.Error);
            Assert.Empty(Directory.GetFileSystemEntries(disk));
        }
        finally
        {
            Run("umount", disk);
        }
    }

    [Fact]
    public void Inspect_RowsOfAnotherVocabulary_NamesTheToken()
    {
        using TempFolder folder = new();
        folder.Write("rows.jsonl", """{"id":"a","input_ids":[1,99999],"labels":[-100,99999]}""");
        MttResult result = MttProcess.Run(folder.Path, ["inspect", "rows.jsonl", "--model", _model]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("rows.jsonl:1: token 99999 is not in the tokenizer", result.Error);
    }

    [Fact]
    public void Mask_HtmlInChromium_ShowsTokensWithTheirOrigin()
    {
        using TempFolder folder = new();
        folder.Write("in.jsonl", Row.Replace("\"hi\"", "\"<script>document.title='forged'</script>\""));
        Assert.Equal(0, Mask(folder, "in.jsonl", "--html", "rows.html").ExitCode);
        string page = File.ReadAllText(folder["rows.html"]);
        Assert.DoesNotContain("<script>document", page);
        Assert.DoesNotContain("http", page);

        if (!File.Exists(Chromium.Program))
        {
            Assert.Skip(Chromium.Missing);
        }

        using Process browser = Process.Start(
            new ProcessStartInfo(
                Chromium.Program,
                ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", $"file://{folder["rows.html"]}"]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> error = browser.StandardError.ReadToEndAsync();
        string dom = browser.StandardOutput.ReadToEnd();
        browser.WaitForExit();
        Assert.Contains("<title>in.jsonl · mtt mask</title>", dom);
        Assert.Matches(
            "class=\"t assistant s\" data-t=\"token \\d+ · messages\\[1\\].content · template line \\d+ · supervised\"",
            dom
        );
        Assert.DoesNotContain("Uncaught", error.Result);
    }

    private static MttResult Mask(TempFolder folder, params string[] args) =>
        MttProcess.Run(folder.Path, ["mask", .. args, "--model", _model]);

    private static bool Run(string program, params string[] args)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
