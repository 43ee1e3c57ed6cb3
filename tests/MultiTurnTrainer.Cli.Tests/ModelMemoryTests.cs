using System.Diagnostics;
using System.Globalization;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What generating and scoring with the real model take beside its weights.</summary>
public sealed class ModelMemoryTests(ITestOutputHelper output) : IDisposable
{
    private const string Question = """{"messages": [{"role": "user", "content": "Name a colour."}]}""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("generate", Question, 1, "--max-new-tokens", "8")]
    [InlineData("generate", Question, 8, "--max-new-tokens", "64", "--batch-size", "8")]
    [InlineData("score", """{"text": "The quick brown fox jumps over the lazy dog."}""", 20)]
    public void Run_OnTheRealModel_NeedsThreeTenthsBesideTheWeights(
        string command,
        string row,
        int count,
        params string[] more
    )
    {
        string model = SmallRealModel.Folder;
        long weights = new FileInfo(Path.Combine(model, "model.safetensors")).Length;
        string rows = _folder.Write("rows.jsonl", string.Concat(Enumerable.Repeat(row + "\n", count)));

        using Process process = MttProcess.Start(
            _folder.Path,
            [command, rows, "--model", model, "--dtype", "float32", "--device", "cpu", .. more]
        );
        Task<string> said = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(10))
        {
            peak = Math.Max(peak, PeakBytes(process.Id));
        }

        Assert.True(process.ExitCode == 0, error.Result);
        Assert.NotEmpty(said.Result);
        double share = (double)peak / weights;
        output.WriteLine($"{command}: {share:F2} of the weights");
        Assert.InRange(share, 1, 1.3);
    }

    // All that was resident at once, pages of libraries included.
    private static long PeakBytes(int process)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null
                ? 0
                : 1024
                    * long.Parse(
                        line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
                        CultureInfo.InvariantCulture
                    );
        }
        catch (IOException)
        {
            return 0; // it has ended
        }
    }
}
