using System.Text.Json;
using System.Text.Json.Nodes;

namespace MultiTurnTrainer.Cli.Tests.Validation;

public sealed class StatsCommandTests : IDisposable
{
    private static readonly string _chats = Path.Combine(Repository.Root, "datasets/chat/chat.jsonl");
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(150)]
    public void Stats_WithAModel_SaysWhatMaskSays(int? maxLength)
    {
        string[] limit = maxLength is { } most ? ["--max-length", $"{most}"] : [];
        MttResult mask = MttProcess.Run(
            _folder.Path,
            ["mask", _chats, "--model", _model, "--output", "rows.jsonl", "--skip-refused", .. limit]
        );
        Assert.True(mask.ExitCode == 0, mask.Error);
        JsonNode counts = JsonNode.Parse(File.ReadAllText(_folder["rows.jsonl.manifest.json"]))!["counts"]!;
        JsonNode stats = JsonNode.Parse(
            MttProcess.Run(_folder.Path, ["stats", _chats, "--model", _model, "--format", "json", .. limit]).Out
        )!;
        string lengths = maxLength is null ? "conversations" : "afterTruncation";
        Assert.Equal((long)counts["rows"]!, (long)stats[lengths]!["count"]!);
        Assert.Equal((long)counts["tokens"]!, (long)stats[lengths]!["sum"]!);
        Assert.Equal((long)counts["longest_row"]!, (long)stats[lengths]!["max"]!);
        if (maxLength is null)
        {
            JsonObject fields = stats["fields"]!.AsObject();
            Assert.Equal((long)counts["tokens"]!, fields.Sum(field => (long)field.Value!["all"]!));
            Assert.Equal((long)counts["supervised_tokens"]!, fields.Sum(field => (long)field.Value!["supervised"]!));
            Assert.True((long)fields["assistant.content"]!["supervised"]! > 0);
            Assert.Equal(0, (long)fields["user.content"]!["supervised"]!);
        }
    }

    [Fact]
    public void Validate_MaxLength_CountsTheTemplateToo()
    {
        _folder.Write("a.jsonl", """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""");
        string[] args =
        [
            "validate",
            "a.jsonl",
            "--model",
            _model,
            "--format",
            "json",
            "--fail-on",
            "never",
            "--max-length",
        ];
        MttResult mask = MttProcess.Run(_folder.Path, ["mask", "a.jsonl", "--model", _model, "--output", "rows.jsonl"]);
        Assert.True(mask.ExitCode == 0, mask.Error);
        using JsonDocument row = JsonDocument.Parse(File.ReadAllText(_folder["rows.jsonl"]));
        int tokens = row.RootElement.GetProperty("input_ids").GetArrayLength();
        Assert.DoesNotContain(
            "MTT402",
            MttProcess.Run(_folder.Path, [.. args, $"{tokens}"]).Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "MTT402",
            MttProcess.Run(_folder.Path, [.. args, $"{tokens - 1}"]).Out,
            StringComparison.Ordinal
        );
    }
}
