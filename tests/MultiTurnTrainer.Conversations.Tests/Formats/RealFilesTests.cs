using System.Globalization;
using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Validation;

namespace MultiTurnTrainer.Conversations.Tests.Formats;

/// <summary>Every real file converts, or is refused by name with the reason: one line each in the snapshot.</summary>
public class RealFilesTests
{
    private static readonly ConversionOptions _chosen = new() { Preference = PreferenceSide.Chosen };

    [Fact]
    public void Validate_EveryFile_ConvertsOrSaysWhyNot()
    {
        StringBuilder table = new();
        foreach (string path in Files())
        {
            Dictionary<string, string> first = new(StringComparer.Ordinal);
            Validator validator = new(
                new ValidationOptions { Conversion = _chosen },
                finding => first.TryAdd(finding.Code, finding.Code == "MTT101" ? $" ({finding.Message})" : "")
            );
            ValidationSummary summary = validator.Run([path]);
            string formats = string.Join(", ", summary.Formats.Select(pair => $"{pair.Key} {Text(pair.Value)}"));
            string findings = string.Join(
                ", ",
                summary.ByCode.Select(pair => $"{pair.Key} {Text(pair.Value)}{first[pair.Key]}")
            );
            table.Append(
                CultureInfo.InvariantCulture,
                $"{Path.GetFileName(path)}: {summary.Rows} rows; {(formats.Length > 0 ? formats : "refused")}; {(findings.Length > 0 ? findings : "clean")}\n"
            );
        }

        Snapshot.Match("RealFiles", table.ToString());
    }

    /// <summary>What converts can be read back, and converting it again changes nothing.</summary>
    [Fact]
    public void Convert_EveryConvertibleFile_IsStable()
    {
        using TempFolder folder = new();
        int rows = 0;
        foreach (string path in Files())
        {
            List<Conversation> read = [];
            try
            {
                read.AddRange(ConversationReader.Read(path, _chosen with { Normalise = true }));
            }
            catch (MultiTurnTrainer.Files.MttException)
            {
                continue;
            }

            string copy = folder[Path.GetFileName(path) + ".out"];
            using (FileStream stream = File.Create(copy))
            using (ConversationWriter writer = new(stream))
            {
                read.ForEach(writer.Write);
            }

            Conversation[] again = [.. ConversationReader.Read(copy, _chosen with { Normalise = true })];
            Assert.Equal(read.Count, again.Length);
            Assert.All(
                read.Zip(again),
                pair => Assert.True(JsonView.DeepEquals(pair.First.Json, pair.Second.Json), pair.First.Place)
            );
            Assert.DoesNotContain(again, row => row.Messages.Any(message => message.Role == Role.Unknown));
            rows += read.Count;
        }

        Assert.True(rows > 7000, $"only {rows} rows were converted");
    }

    private static IEnumerable<string> Files() =>
        Directory
            .GetFiles(SharedData.Path("chats"))
            .Where(path => !path.EndsWith(".tsv", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
