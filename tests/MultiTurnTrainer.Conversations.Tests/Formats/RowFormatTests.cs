using System.Text;
using MultiTurnTrainer.Conversations.Formats;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Tests.Formats;

/// <summary>
/// The rows of <c>rows.txt</c>, one of every format and variant, in the canonical form or with the reason why not: read the
/// snapshot to see what each becomes.
/// </summary>
public class RowFormatTests
{
    [Fact]
    public void Read_EveryVariant_IsCanonicalOrRefused()
    {
        string[] lines = File.ReadAllLines(
            Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Conversations.Tests/Formats/rows.txt")
        );
        using TempFolder folder = new();
        StringBuilder table = new();
        for (int i = 0; i + 1 < lines.Length; i += 2)
        {
            string file = folder.Write("row.jsonl", lines[i + 1]);
            table
                .Append(lines[i])
                .Append('\n')
                .Append(lines[i + 1])
                .Append("\n→ ")
                .Append(Canonical(file))
                .Append('\n');
        }

        Snapshot.Match("Rows", table.ToString());
    }

    private static string Canonical(string file)
    {
        try
        {
            ConversionOptions options = ConversionOptions.Canonical with { Preference = PreferenceSide.Chosen };
            return ConversationReader.Read(file, options).Single().Json.GetRawText();
        }
        catch (MttException refusal)
        {
            return "refused: " + refusal.Message[(file.Length + 1)..];
        }
    }
}
