using System.Diagnostics;
using System.Text.Json;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What people who work in a terminal expect of every command.</summary>
public sealed class TerminalTests : IDisposable
{
    private const string Row =
        """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tiny", "data/chat.jsonl")]
    [InlineData("tools", "data/tools.jsonl")]
    public void Init_NextStepsThatItNames_Work(string preset, string data)
    {
        string[] lines = Ok("init --preset " + preset + " project").Error.Split('\n');
        Assert.Contains("next:", lines);
        Assert.Contains("  cd project", lines);
        string[] steps = [.. lines.Where(line => line.StartsWith("  mtt ", StringComparison.Ordinal))];
        Assert.Contains(steps, step => step.Contains(data, StringComparison.Ordinal));
        Assert.Contains(steps, step => step.Contains("mtt train", StringComparison.Ordinal));
        foreach (string step in steps)
        {
            string[] command = step[6..].Split(' ');
            string[] brief = command[0] == "train" ? ["--max-steps", "1"] : [];
            MttResult result = MttProcess.Run(_folder["project"], [.. command, .. brief]);
            Assert.True(result.ExitCode == 0, $"{step}: {result.Error}");
        }
    }

    [Fact]
    public void InitTools_Template_RendersToolsCallsAndResults()
    {
        Ok("init --preset tools .");
        string rendered = Ok("render data/tools.jsonl --model model").Out;
        string first = JsonElement.Parse(rendered.Split('\n')[0]).GetProperty("text").GetString()!;
        Assert.Contains("You run a small house.", first, StringComparison.Ordinal);
        Assert.Contains("\"name\": \"set_light\"", first, StringComparison.Ordinal);
        Assert.Contains(
            """<tool_call>{"name": "set_light", "arguments": {"room": "kitchen", "level": 30}}</tool_call>""",
            first,
            StringComparison.Ordinal
        );
        Assert.Contains("<|im_start|>tool\ndone<|im_end|>", first, StringComparison.Ordinal);
        Assert.Equal("", Ok("validate data/tools.jsonl --model model --quiet").Out);
        // Calls are supervised, results and tools are not.
        string shown = Ok("inspect data/tools.jsonl --model model --rows 1").Out;
        Assert.DoesNotContain("refused", shown, StringComparison.Ordinal);
        Ok("mask data/tools.jsonl --model model --output rows.jsonl");
        Assert.Equal(12, File.ReadAllLines(_folder["rows.jsonl"]).Length);
    }

    [Theory]
    [InlineData("render in.jsonl --model model")]
    [InlineData("tokenize texts.jsonl --model model")]
    [InlineData("score in.jsonl --model model --dtype float32")]
    [InlineData("generate in.jsonl --model model --max-new-tokens 2 --dtype float32")]
    [InlineData("stats in.jsonl --format json")]
    [InlineData("lint-template model/chat_template.jinja --format json")]
    [InlineData("diff in.jsonl in.jsonl --format json")]
    [InlineData("config --keys")]
    [InlineData("import axolotl.yaml")]
    [InlineData("inspect in.jsonl --model model")]
    [InlineData("context in.jsonl --model model")]
    [InlineData("context in.jsonl --model model --format json")]
    [InlineData("audit rows.jsonl --data in.jsonl --model model")]
    [InlineData("audit rows.jsonl --data in.jsonl --model model --format sarif")]
    public void Output_OfACommand_IsWhatStandardOutputWouldHave(string line)
    {
        InputsOf(line);
        string expected = Ok(line).Out;
        Assert.NotEqual("", expected);
        MttResult written = Ok(line + " --output result");
        Assert.Equal("", written.Out);
        Assert.Equal(expected, File.ReadAllText(_folder["result"]));
        MttResult again = MttProcess.Run(_folder.Path, [.. line.Split(' '), "--output", "result"]);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("result: already exists", again.Error, StringComparison.Ordinal);
        Ok(line + " --output result --force");
    }

    /// <summary>Its times are never the same twice.</summary>
    [Fact]
    public void Output_OfEstimate_HasALineForEachWayOfRecomputing()
    {
        Inputs();
        string shown = Ok("estimate --model model --train in.jsonl").Out;
        Assert.Equal("", Ok("estimate --model model --train in.jsonl --output need.txt").Out);
        string[] Ways(string text) => [.. text.Split('\n').Select(line => line.Trim().Split(' ')[0])];
        Assert.Equal(Ways(shown), Ways(File.ReadAllText(_folder["need.txt"])));
        Assert.True(Ways(shown).Length > 2);
    }

    /// <summary>A file has no colours, even where a terminal's are forced.</summary>
    [Fact]
    public void Output_OfInspect_IsNotColoured()
    {
        Inputs();
        Dictionary<string, string> forced = new() { ["FORCE_COLOR"] = "1", ["NO_COLOR"] = "" };
        string[] inspect = ["inspect", "in.jsonl", "--model", "model"];
        Assert.Contains('\e', MttProcess.Run(_folder.Path, inspect, environment: forced).Out);
        MttProcess.Run(_folder.Path, [.. inspect, "--output", "shown.txt"], environment: forced);
        Assert.DoesNotContain('\e', File.ReadAllText(_folder["shown.txt"]));
    }

    [Theory]
    [InlineData("render - --model model", "in.jsonl")]
    [InlineData("inspect - --model model", "in.jsonl")]
    [InlineData("context - --model model", "in.jsonl")]
    [InlineData("audit - --data in.jsonl --model model", "rows.jsonl")]
    [InlineData("audit rows.jsonl --data - --model model", "in.jsonl")]
    [InlineData("tokenize - --model model", "texts.jsonl")]
    [InlineData("score - --model model", "in.jsonl")]
    [InlineData("generate - --model model --max-new-tokens 2", "in.jsonl")]
    [InlineData("stats -", "in.jsonl")]
    [InlineData("lint-template -", "model/chat_template.jinja")]
    [InlineData("import -", "axolotl.yaml")]
    [InlineData("diff - in.jsonl", "in.jsonl")]
    [InlineData("mask - --model model --output masked.jsonl", "in.jsonl")]
    [InlineData("train --train - --model model --output out --max-steps 1 --set lora.r=2", "in.jsonl")]
    [InlineData("evaluate - --model model --modes full --runs 1 --max-new-tokens 1", "tasks.jsonl")]
    public void Dash_IsStandardInput(string line, string file)
    {
        InputsOf(line);
        MttResult result = MttProcess.Run(_folder.Path, line.Split(' '), input: File.ReadAllText(_folder[file]));
        Assert.True(result.ExitCode == 0, result.Error);
    }

    /// <summary>Each answer is there before the next prompt is given.</summary>
    [Theory]
    [InlineData("generate", "--max-new-tokens", "2", "--batch-size", "1")]
    [InlineData("render")]
    public async Task Output_OfAStream_IsWrittenAsItIsDone(string command, params string[] more)
    {
        PresetModel.Write(_folder);
        using Process process = MttProcess.Start(_folder.Path, [command, "-", "--model", "model", .. more]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        // Whatever reads ahead reads blocks, not the whole of what is to come.
        string padding = new(' ', 1 << 17);
        for (int i = 0; i < 2; i++)
        {
            await process.StandardInput.WriteLineAsync(Row + padding);
            await process.StandardInput.WriteLineAsync(Row + padding);
            await process.StandardInput.FlushAsync();
            using CancellationTokenSource patience = new(TimeSpan.FromMinutes(1));
            string? line = await process.StandardOutput.ReadLineAsync(patience.Token);
            Assert.StartsWith($$"""{"index":{{i}},""", line, StringComparison.Ordinal);
        }

        process.StandardInput.Close();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
    }

    [Fact]
    public void ScoreWithLogits_GivesTheSameLinesAsWithout()
    {
        Inputs();
        // By name, row 10 stands before row 2.
        _folder.Write("many.jsonl", string.Concat(Enumerable.Repeat(Row + "\n", 12)));
        string plain = Ok("score many.jsonl --model model --dtype float32").Out;
        Assert.Equal(plain, Ok("score many.jsonl --model model --dtype float32 --logits l.safetensors").Out);
        Assert.True(File.Exists(_folder["l.safetensors"]));
    }

    /// <summary>With the same rate in every step an extended run is the longer one, byte for byte.</summary>
    [Fact]
    public void Train_FinishedRunWithMoreSteps_GoesOn()
    {
        Inputs();
        const string train =
            "train --model model --train in.jsonl --set lora.r=2 --set train.lr_scheduler_type=constant --dtype float32";
        Ok($"{train} --output whole --max-steps 4");
        Ok($"{train} --output parts --max-steps 2");
        MttResult more = Ok($"{train} --output parts --max-steps 4 --resume");
        Assert.Contains("from step 3 on, learning rates are those of a run of 4", more.Error, StringComparison.Ordinal);
        foreach (string file in (string[])["adapter_model.safetensors", "adapter_config.json"])
        {
            Assert.Equal(File.ReadAllBytes(_folder[$"whole/{file}"]), File.ReadAllBytes(_folder[$"parts/{file}"]));
        }

        Assert.Equal(4, File.ReadAllLines(_folder["parts/metrics.jsonl"]).Length);
        MttResult fewer = MttProcess.Run(_folder.Path, $"{train} --output parts --max-steps 3 --resume".Split(' '));
        Assert.Equal(2, fewer.ExitCode);
        Assert.Contains("the checkpoint has 4 steps, this run ends at 3", fewer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda:7", "the device cuda:7 is not there: libtorch can use ")]
    [InlineData("cuda:x", "the device cuda:x is not known")]
    [InlineData("tpu", "the device tpu is not known")]
    public void Device_ThatIsNotThere_IsNamed(string device, string expected)
    {
        Inputs();
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["generate", "in.jsonl", "--model", "model", "--device", device]
        );
        Assert.Equal(2, result.ExitCode);
        Assert.Contains($"error: {expected}", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda:7", "error: the device cuda:7 is not there")]
    [InlineData("gpu", "error: --device: train.device: gpu is out of range\n  hint: One of auto, cpu, cuda, cuda:N.")]
    public void TrainDevice_ThatIsNotThere_IsNamed(string device, string expected)
    {
        Inputs();
        string[] train = ["train", "--model", "model", "--train", "in.jsonl", "--output", "o", "--device", device];
        MttResult result = MttProcess.Run(_folder.Path, train);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Diff_TextAndJson_SayTheSame()
    {
        _folder.Write("old.jsonl", $"{Row}\n{Row.Replace("hi", "old", StringComparison.Ordinal)}\n");
        string weighted = Row.Replace("\"hello\"", "\"hello\",\"weight\":0", StringComparison.Ordinal);
        _folder.Write("new.jsonl", $"{weighted}\n{Row.Replace("hi", "new", StringComparison.Ordinal)}\n");
        string text = Ok("diff old.jsonl new.jsonl").Out;
        Assert.Equal(
            """
            ~ old:1 new:1  messages[1] assistant weight 1 -> 0
            + new:2  2 messages
            - old:2  2 messages

            2 rows before, 2 after: 1 added, 1 gone, 1 changed, 0 the same
            messages of changed rows: 1 supervised otherwise

            """,
            text
        );
        JsonElement json = JsonElement.Parse(Ok("diff old.jsonl new.jsonl --format json").Out);
        Assert.Equal(
            ["changed", "added", "gone"],
            json.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("change").GetString())
        );
        Assert.Equal(1, json.GetProperty("summary").GetProperty("messages").GetProperty("supervision").GetInt32());
        Assert.Equal(1, MttProcess.Run(_folder.Path, ["diff", "old.jsonl", "new.jsonl", "--exit-code"]).ExitCode);
        Assert.Equal(0, MttProcess.Run(_folder.Path, ["diff", "old.jsonl", "old.jsonl", "--exit-code"]).ExitCode);
    }

    private void Inputs()
    {
        PresetModel.Write(_folder);
        _folder.Write("in.jsonl", Row + "\n" + Row.Replace("hi", "ho", StringComparison.Ordinal) + "\n");
        _folder.Write("texts.jsonl", """{"text":"hello"}""" + "\n");
        _folder.Write(
            "axolotl.yaml",
            "base_model: x\nlearning_rate: 1e-4\ndatasets:\n  - path: in.jsonl\n    type: chat_template\n"
        );
        _folder.Write(
            "tasks.jsonl",
            """{"id":"t","family":"exact","question":"a b","shards":["a","b"],"answer":"x"}"""
        );
    }

    private void InputsOf(string line)
    {
        Inputs();
        if (line.StartsWith("audit", StringComparison.Ordinal))
        {
            Ok("mask in.jsonl --model model --output rows.jsonl");
        }
    }

    private MttResult Ok(string line)
    {
        MttResult result = MttProcess.Run(_folder.Path, line.Split(' '));
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }
}
