using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;

namespace MultiTurnTrainer.Inference.Tests.Calls;

public class JournalTests
{
    private static readonly byte[] _header = Encoding.UTF8.GetBytes("""{"kind":"test"}""");

    [Fact]
    public void Resume_AnyCut_KeepsTheWholeLinesAndGoesOn()
    {
        using TempFolder folder = new();
        string path = folder["journal.jsonl"];
        using (Journal journal = Journal.Create(path, _header, TimeProvider.System))
        {
            for (int i = 0; i < 5; i++)
            {
                journal.Add(Record(i));
            }
        }

        byte[] whole = File.ReadAllBytes(path);
        int headerEnd = Array.IndexOf(whole, (byte)'\n') + 1;
        for (int cut = headerEnd; cut <= whole.Length; cut += 7)
        {
            File.WriteAllBytes(path, whole[..cut]);
            int lines = whole[..cut].Count(letter => letter == '\n') - 1;
            List<string> restored = [];
            using (
                Journal journal = Journal.Resume(path, TimeProvider.System, record => restored.Add(record.Key), out _)
            )
            {
                Assert.Equal(Enumerable.Range(0, lines).Select(i => $"{i}"), restored);
                for (int i = lines; i < 5; i++)
                {
                    Assert.Null(journal.Find($"{i}"));
                    journal.Add(Record(i));
                }

                Assert.Equal("text ü 4", journal.Find("4")!.Reply!.Text);
            }

            Assert.Equal(whole, File.ReadAllBytes(path));
        }
    }

    [Fact]
    public void Resume_DamagedLine_NamesIt()
    {
        using TempFolder folder = new();
        string path = folder.Write("journal.jsonl", "{}\n{\"key\":\"0\",\"hash\":\"x\"}\nrubbish\n{}\n");
        MttException problem = Assert.Throws<MttException>(() =>
            Journal.Resume(path, TimeProvider.System, _ => { }, out _)
        );
        Assert.Contains("journal.jsonl:3", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_InUse_IsRefused()
    {
        using TempFolder folder = new();
        using Journal journal = Journal.Create(folder["journal.jsonl"], _header, TimeProvider.System);
        MttException problem = Assert.Throws<MttException>(() =>
            Journal.Resume(folder["journal.jsonl"], TimeProvider.System, _ => { }, out _)
        );
        Assert.Contains("another mtt", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_ManyThreads_AllAreFound()
    {
        using TempFolder folder = new();
        using Journal journal = Journal.Create(folder["journal.jsonl"], _header, TimeProvider.System);
        await Parallel.ForAsync(0, 500, async (i, _) => await Task.Run(() => journal.Add(Record(i))));
        Assert.Equal(500, journal.Count);
        Assert.All(Enumerable.Range(0, 500), i => Assert.Equal($"text ü {i}", journal.Find($"{i}")!.Reply!.Text));
    }

    private static CallRecord Record(int number) =>
        new($"{number}", "hash") { Reply = new ChatReply($"text ü {number}", 1, 2) };
}
