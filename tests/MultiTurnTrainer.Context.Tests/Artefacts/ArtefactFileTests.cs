using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Context.Tests.Artefacts;

/// <summary>What models made, in a file: kept, found, put in order, whatever happens to the process.</summary>
public class ArtefactFileTests
{
    private static ArtefactRequest Ask(int i, string prompt = "Summarise.", string model = "m") =>
        new(ArtefactKind.Summary, model, prompt, $"material {i}", "messages[0]");

    private static Artefact Made(int i) =>
        Artefact.Of(Ask(i)) with
        {
            Text = $"text {i}",
            PromptTokens = 7,
            CompletionTokens = 3,
        };

    [Fact]
    public void Key_OfARequest_IsOfKindModelPromptAndMaterialAlone()
    {
        ArtefactRequest request = Ask(1);
        string[] keys =
        [
            request.Key,
            Ask(2).Key,
            Ask(1, prompt: "Else.").Key,
            Ask(1, model: "n").Key,
            (request with { Kind = ArtefactKind.Facts }).Key,
        ];

        Assert.Equal(5, keys.Distinct().Count());
        Assert.Equal(request.Key, new ArtefactRequest(request.Kind, "m", "Summarise.", "material 1", "elsewhere").Key);
    }

    [Fact]
    public void Find_AfterReopening_GivesWhatWasAdded()
    {
        using TempFolder folder = new();
        string path = folder["a/artefacts.jsonl"];
        float[] numbers = [0.25f, -1e-30f, float.MaxValue];
        ArtefactRequest embedding = new(ArtefactKind.Embedding, "e", "", "text", "messages[3]");
        using (ArtefactFile file = ArtefactFile.OpenToAdd(path))
        {
            file.Add(Made(1));
            file.Add(Artefact.Of(embedding) with { Vector = Artefact.Pack(numbers) });
        }

        using ArtefactFile read = ArtefactFile.OpenToRead(path);

        Assert.Equal(2, read.Count);
        Assert.Equal([new ArtefactCost("e", 1, 0, 0), new ArtefactCost("m", 1, 7, 3)], read.Costs);
        Assert.Equal(Made(1), read.Find(Ask(1).Key));
        Assert.Equal(numbers, read.Find(embedding.Key)!.Numbers().ToArray());
        Assert.Null(read.Find(Ask(2).Key));
    }

    [Fact]
    public void Finish_AfterAnyOrderOfThreads_GivesTheSameBytes()
    {
        using TempFolder folder = new();
        string one = folder["one.jsonl"];
        string other = folder["other.jsonl"];
        using (ArtefactFile file = ArtefactFile.OpenToAdd(one))
        {
            for (int i = 0; i < 200; i++)
            {
                file.Add(Made(i));
            }

            file.Finish();
        }

        using (ArtefactFile file = ArtefactFile.OpenToAdd(other))
        {
            file.Add(Artefact.Of(Ask(3)) with { Error = "503" });
            Parallel.For(0, 100, i => file.Add(Made(199 - i)));
        }

        // A later run goes on.
        using (ArtefactFile file = ArtefactFile.OpenToAdd(other))
        {
            Parallel.For(0, 100, i => file.Add(Made(i)));
            file.Finish();
            Assert.Equal("text 3", file.Find(Ask(3).Key)!.Text);
            Assert.Throws<InvalidOperationException>(() => file.Add(Made(1)));
        }

        Assert.Equal(File.ReadAllBytes(one), File.ReadAllBytes(other));
        Assert.Equal(200, File.ReadAllLines(one).Length);
    }

    [Fact]
    public void OpenToAdd_OfAFileWithATornLine_CutsAndSaysIt()
    {
        using TempFolder folder = new();
        string path = folder["artefacts.jsonl"];
        using (ArtefactFile file = ArtefactFile.OpenToAdd(path))
        {
            file.Add(Made(1));
            file.Add(Made(2));
        }

        byte[] whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..^9]);
        using (ArtefactFile read = ArtefactFile.OpenToRead(path))
        {
            Assert.Equal(1, read.Count);
            Assert.True(read.TornBytes > 0);
        }

        using (ArtefactFile file = ArtefactFile.OpenToAdd(path))
        {
            Assert.True(file.TornBytes > 0);
            Assert.Null(file.Find(Ask(2).Key));
            file.Add(Made(2));
        }

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    [Fact]
    public void OpenToAdd_WhileAnotherHasIt_IsRefusedAndReadingIsNot()
    {
        using TempFolder folder = new();
        string path = folder["artefacts.jsonl"];
        using ArtefactFile file = ArtefactFile.OpenToAdd(path);
        file.Add(Made(1));

        MttException problem = Assert.Throws<MttException>(() => ArtefactFile.OpenToAdd(path));

        Assert.Contains("another process", problem.Message, StringComparison.Ordinal);
        using ArtefactFile read = ArtefactFile.OpenToRead(path);
        Assert.Equal(1, read.Count);
    }

    [Theory]
    [InlineData("{\"key\": \"x\"}\n", ":1: is no artefact")]
    [InlineData("not json\n", ":1: is no artefact")]
    public void OpenToRead_OfSomethingElse_SaysWhere(string text, string said)
    {
        using TempFolder folder = new();
        string path = folder["artefacts.jsonl"];
        File.WriteAllText(path, text);

        Assert.Contains(
            said,
            Assert.Throws<MttException>(() => ArtefactFile.OpenToRead(path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void OpenToRead_OfNothing_SaysWhatWritesIt() =>
        Assert.Contains(
            "mtt prepare",
            Assert.Throws<MttException>(() => ArtefactFile.OpenToRead("/nowhere/artefacts.jsonl")).Remedy,
            StringComparison.Ordinal
        );
}
