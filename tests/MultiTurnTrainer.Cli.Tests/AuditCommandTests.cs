using MultiTurnTrainer.Audit.Settings;
using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt audit</c>, <c>mtt import</c> and <c>mtt mask --lock</c> as a user runs them.</summary>
public sealed class AuditCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mtt-audit-command").FullName;

    public AuditCommandTests()
    {
        File.WriteAllText(Path.Combine(_folder, "trl.json"), """{"completion_only_loss": false, "max_length": null}""");
        string chat = Path.Combine(Repository.Root, "datasets", "chat", "chat.jsonl");
        File.WriteAllLines(Path.Combine(_folder, "data.jsonl"), File.ReadLines(chat).Take(20));
    }

    private static string Model =>
        Path.Combine(Repository.Root, "src", "MultiTurnTrainer.Cli", "Presets", "tiny", "model");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private MttResult Run(params string[] args) => MttProcess.Run(_folder, args);

    [Fact]
    public void Audit_OfSettingsThatTrainEverything_SaysSoAndExitsWithOne()
    {
        MttResult result = Run(
            "audit",
            "--config",
            "trl.json",
            "--data",
            "data.jsonl",
            "--model",
            Model,
            "--html",
            "page.html"
        );

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("leaked/user", result.Out, StringComparison.Ordinal);
        Assert.Contains("tokens compared", result.Out, StringComparison.Ordinal);
        Assert.Contains("leaked/user", File.ReadAllText(Path.Combine(_folder, "page.html")), StringComparison.Ordinal);
        Assert.Equal(
            0,
            Run("audit", "--config", "trl.json", "--data", "data.jsonl", "--model", Model, "--allow", "leaked").ExitCode
        );
    }

    [Fact]
    public void Audit_OfMttsOwnRows_FindsNothing()
    {
        Assert.Equal(0, Run("mask", "data.jsonl", "--model", Model, "--output", "rows.parquet").ExitCode);

        MttResult result = Run("audit", "rows.parquet", "--data", "data.jsonl", "--model", Model);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("nothing found", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Lock_OfAnotherMask_FailsTheAudit()
    {
        Assert.Equal(0, Run("mask", "data.jsonl", "--model", Model, "--lock", "masks.lock").ExitCode);

        Assert.Equal(0, Run("audit", "--lock", "masks.lock", "--data", "data.jsonl", "--model", Model).ExitCode);
        MttResult moved = Run("audit", "--lock", "masks.lock", "--data", "data.jsonl", "--model", Model, "--last");
        Assert.Equal(1, moved.ExitCode);
        Assert.Contains("lock/moved", moved.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit --data data.jsonl --model m", "one thing is audited at a time")]
    [InlineData("audit nothing.parquet --data data.jsonl --model MODEL", "there is no such file")]
    [InlineData("audit --config data.jsonl --data data.jsonl --model MODEL", "data.jsonl:")]
    [InlineData("audit data.jsonl --data data.jsonl --model MODEL", "data.jsonl:1: is not a token row")]
    [InlineData("audit --lock trl.json --data data.jsonl --model MODEL", "trl.json:1: is no lock of masks")]
    [InlineData(
        "audit --config trl.json --data data.jsonl --model MODEL --write out.csv",
        "out.csv: corrected rows are a folder"
    )]
    public void Audit_BadInput_SaysPlaceAndRemedy(string command, string message)
    {
        MttResult result = Run([.. command.Split(' ').Select(word => word == "MODEL" ? Model : word)]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("hint:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_OfAxolotl_CarriesReplacesOrListsEveryKey()
    {
        File.WriteAllText(
            Path.Combine(_folder, "axolotl.yaml"),
            """
            base_model: models/qwen3
            datasets:
            - path: data.jsonl
              type: chat_template
              roles_to_train: [assistant, tool]
            sequence_len: 4096
            sample_packing: true
            learning_rate: 0.0001
            num_epochs: 2
            lora_r: 8
            lora_target_linear: true
            bf16: true
            warmup_ratio: 2
            deepspeed: zero3.json
            my_own: 1
            """
        );

        MttResult result = Run("import", "axolotl.yaml", "--output", "mtt.yaml");

        Assert.Equal(0, result.ExitCode);
        string yaml = File.ReadAllText(Path.Combine(_folder, "mtt.yaml"));
        ForeignConfig config = ForeignConfig.Read(Path.Combine(_folder, "axolotl.yaml"), null);
        Assert.All(config.Keys, key => Assert.Contains(key.Name, yaml, StringComparison.Ordinal));
        Assert.Contains("  learning_rate: 0.0001", yaml, StringComparison.Ordinal);
        Assert.Contains("  roles: [\"assistant\",\"tool\"]", yaml, StringComparison.Ordinal);
        Assert.Contains("warmup_ratio: 2 — train.warmup_ratio does not take it", yaml, StringComparison.Ordinal);
        Assert.Contains("my_own: 1 — mtt does not know this name", yaml, StringComparison.Ordinal);
        SettingsFile file = SettingsFile.Load(Path.Combine(_folder, "mtt.yaml"), []);
        Assert.Equal(4096, file.Section<Datasets.Rows.RowOptions>("rows").MaxLength);
        Assert.Equal(8, file.Section<Training.Settings.LoraSettings>("lora").R);
    }
}
