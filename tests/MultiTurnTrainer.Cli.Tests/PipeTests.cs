using System.Diagnostics;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What comes through a pipe gives what a file gives, also where it is read more than once.</summary>
public sealed class PipeTests : IDisposable
{
    private const string Rows =
        """{"messages":[{"role":"user","content":"a b"},{"role":"assistant","content":"c"}]}"""
        + "\n"
        + """{"messages":[{"role":"user","content":"d"},{"role":"assistant","content":"e f"}]}"""
        + "\n"
        + """{"messages":[{"role":"user","content":"d"},{"role":"assistant","content":"e f"}]}"""
        + "\n";

    private readonly TempFolder _folder = new();

    public PipeTests()
    {
        PresetModel.Write(_folder);
        _folder.Write("rows.jsonl", Rows);
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Commands =>
        [
            "validate IN",
            "validate IN --model model",
            "validate IN --duplicates all",
            "validate rows.jsonl --eval IN",
            "stats IN --format json",
            "prepare IN --output out",
            "clean IN --output out",
            "clean IN --model model --output out",
            "render IN --model model",
            "mask IN --model model --output out.jsonl",
            "mask IN --model model --lock out",
            "inspect IN --model model",
            "context IN --model model --format json",
            "score IN --model model",
            "generate IN --model model --max-new-tokens 2 --temperature 0",
            "train --model model --train IN --output out --max-steps 1 --set lora.r=2",
            "review IN --output out --model m --endpoint http://localhost:1/v1 --dry-run",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_NamedPipe_GivesWhatAFileGives(string command)
    {
        (int code, string made) = Run(command.Replace("IN", "rows.jsonl", StringComparison.Ordinal));
        Assert.Equal((code, made), Run(command.Replace("IN", "<(cat rows.jsonl)", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFiles(_folder["tmp"]));
    }

    [Theory]
    [InlineData("prepare - --output out")]
    [InlineData("mask - --model model --output out.jsonl")]
    [InlineData("clean - --output out")]
    [InlineData("score - --model model")]
    [InlineData("validate - --model model")]
    public void Command_StandardInput_GivesWhatAFileGives(string command)
    {
        (int code, string made) = Run(command.Replace(" - ", " rows.jsonl ", StringComparison.Ordinal));
        Assert.Equal((code, made), Run($"{command} < <(cat rows.jsonl)"));
    }

    /// <summary>The exit code and what was written: outputs, but for manifests that name the input.</summary>
    private (int Code, string Made) Run(string command)
    {
        foreach (string old in Directory.GetFileSystemEntries(_folder.Path, "out*"))
        {
            if (Directory.Exists(old))
            {
                Directory.Delete(old, recursive: true);
            }
            else
            {
                File.Delete(old);
            }
        }

        Directory.CreateDirectory(_folder["tmp"]);
        ProcessStartInfo start = new("bash", ["-c", $"\"{Repository.Mtt}\" {command}"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _folder["tmp"];
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, error.Result);
        string[] rows =
        [
            .. new[] { "out", "out.jsonl", "out/data.jsonl" }
                .Select(name => _folder[name])
                .Where(File.Exists)
                .Select(File.ReadAllText),
        ];
        string made = string.Concat([Unnamed(output), .. rows.Select(Unnamed)]);
        return (process.ExitCode, made);
    }

    private static string Unnamed(string text) =>
        System.Text.RegularExpressions.Regex.Replace(
            text,
            @"rows\.jsonl|\(stdin\)|/dev/fd/\d+|(?<="")-(?="")|^-(?=:)",
            "IN"
        );
}
