using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>A folder with a small run in it: the tiny preset's model, some conversations, one task, settings.</summary>
internal sealed partial class RunWorld : IDisposable
{
    private const string Settings = """
        model: { name: model }
        data: { train: [chat.jsonl], eval_share: 0.3 }
        rows: { max_length: 256 }
        train: { max_steps: 2, learning_rate: 1e-3, dtype: float32, per_device_train_batch_size: 2, save_steps: 5 }
        lora: { r: 2, target_modules: q_proj }
        evaluate: { tasks: tasks.jsonl, modes: full, runs: 1, assistant: { max_tokens: 2 } }
        """;

    public RunWorld(int rows = 16)
    {
        PresetModel.Write(Folder);
        string chat = Path.Combine(Repository.Root, "datasets/chat/chat.jsonl");
        File.WriteAllLines(Folder["chat.jsonl"], File.ReadLines(chat).Where((_, i) => i % 8 == 0).Take(rows));
        Folder.Write(
            "tasks.jsonl",
            """{"id":"a","family":"exact","question":"Say 7.","shards":["Say a number.","It is 7."],"answer":"7"}"""
        );
        Folder.Write("mtt.yaml", Settings);
    }

    public TempFolder Folder { get; } = new();

    public void Dispose() => Folder.Dispose();

    /// <summary>Runs mtt to a good end.</summary>
    public MttResult Ok(params string[] arguments)
    {
        MttResult result = MttProcess.Run(Folder.Path, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result;
    }

    /// <summary>The steps that a run did, in their order.</summary>
    public string[] Ran(params string[] set) =>
        [
            .. Step()
                .Matches(Ok(["run", .. set.SelectMany(text => new[] { "--set", text })]).Error)
                .Select(match => match.Groups[1].Value)
                .Distinct(),
        ];

    /// <summary>A file of the run.</summary>
    public byte[] Bytes(string path) => File.ReadAllBytes(Folder[path]);

    [GeneratedRegex(@"^(\w+): mtt ", RegexOptions.Multiline)]
    private static partial Regex Step();
}
