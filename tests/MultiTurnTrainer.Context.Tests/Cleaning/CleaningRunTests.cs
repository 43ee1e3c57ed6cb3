using System.Text.Json;
using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Context.Tests.Cleaning;

public class CleaningRunTests
{
    [Theory]
    [InlineData("llamafactory__v1_sft_demo.jsonl")]
    [InlineData("fastchat__dummy_conversation.json")]
    [InlineData("llamafactory__glaive_toolcall_en_demo.json")]
    public void Run_RealFile_IsDeterministicCountedAndReadable(string name)
    {
        using TempFolder folder = new();
        string input = SharedData.Path("chats", name);
        CleaningCounts counts = CleaningRun.Run(
            [input],
            folder["a.jsonl"],
            new CleaningSettings(),
            ConversionOptions.Faithful,
            null,
            Shard.Whole,
            false,
            default
        );
        CleaningRun.Run(
            [input],
            folder["b.jsonl"],
            new CleaningSettings(),
            ConversionOptions.Faithful,
            null,
            Shard.Whole,
            false,
            default
        );
        Assert.Equal(File.ReadAllBytes(folder["a.jsonl"]), File.ReadAllBytes(folder["b.jsonl"]));

        CleanedRecord[] records = [.. CleanedRecordReader.Read(folder["a.jsonl"])];
        Assert.Equal(counts.Records, records.Length);
        Assert.NotEmpty(records);
        foreach (CleanedRecord record in records)
        {
            // What stays of the student's context, in order, is the reference but for the canonical task.
            Assert.Equal("assistant", record.Completion.GetProperty("role").GetString());
            int canonical = record.Kind == TurnKind.Answer && record.Turns > 1 ? 1 : 0;
            Assert.Equal(record.StudentContext.Count - record.Removed.Count + canonical, record.ReferenceContext.Count);
            Assert.All(
                record.Removed,
                index =>
                    Assert.Contains(
                        record.StudentContext[index].GetProperty("role").GetString(),
                        new[] { "assistant", "tool" }
                    )
            );
        }

        JsonElement manifest = JsonSerializer.Deserialize<JsonElement>(
            File.ReadAllText(Manifest.PathFor(folder["a.jsonl"]))
        );
        Assert.Contains(
            "not MAIGO",
            manifest.GetProperty("options").GetProperty("note").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(counts.Records, manifest.GetProperty("counts").GetProperty("records").GetInt64());
    }

    [Fact]
    public void Run_BadLine_LeavesNoOutput()
    {
        using TempFolder folder = new();
        string input = folder.Write(
            "chats.jsonl",
            """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""" + "\n{\n"
        );
        MttException problem = Assert.Throws<MttException>(() =>
            CleaningRun.Run(
                [input],
                folder["out.jsonl"],
                new CleaningSettings(),
                ConversionOptions.Faithful,
                null,
                Shard.Whole,
                false,
                default
            )
        );
        Assert.Contains("chats.jsonl:2", problem.Message, StringComparison.Ordinal);
        Assert.Equal(["chats.jsonl"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Read_LineThatIsNoRecord_IsNamed()
    {
        using TempFolder folder = new();
        MttException problem = Assert.Throws<MttException>(() =>
            CleanedRecordReader.Read(folder.Write("x.jsonl", "\n{\"id\":\"a\"}\n")).Count()
        );
        Assert.Contains("x.jsonl:2", problem.Message, StringComparison.Ordinal);
    }
}
