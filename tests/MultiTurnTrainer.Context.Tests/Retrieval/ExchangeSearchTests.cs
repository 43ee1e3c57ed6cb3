using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Tests.Retrieval;

/// <summary>Searches by vectors, and by both.</summary>
public class ExchangeSearchTests
{
    private static readonly RetrievalPolicy _vectors = new()
    {
        Method = RetrievalMethod.Embeddings,
        Model = "m",
        MinSimilarity = 0.5,
    };

    [Fact]
    public void Find_ByVectors_OrdersByTheirCosineAndTakesTheLaterOfEquals()
    {
        Record record = new()
        {
            ["ask"] = [1, 0],
            ["a"] = [2, 2],
            ["b"] = [3, 0],
            ["c"] = [5, 0],
            ["d"] = [0, 1],
        };

        Assert.Equal("c b a", Found(_vectors, record, "ask", "a", "b", "c", "d"));
    }

    [Fact]
    public void Find_WithoutVectors_NamesAllThatAreMissingAtOnce()
    {
        Record record = new() { ["a"] = [1] };

        ArtefactMissingException missing = Assert.Throws<ArtefactMissingException>(() =>
            Found(_vectors, record, "ask", "a", "b", "c")
        );

        Assert.Equal(["ask", "b", "c"], missing.Missing.Select(request => request.Material));
        Assert.All(
            missing.Missing,
            request => Assert.Equal((ArtefactKind.Embedding, "m"), (request.Kind, request.Model))
        );
        Assert.Throws<ArtefactMissingException>(() => Found(_vectors, null, "ask", "a"));
    }

    [Fact]
    public void Find_OfTextsThatTheModelCouldNotTake_GoesOnWithoutThem()
    {
        Record record = new()
        {
            ["ask"] = [1, 0],
            ["a"] = null,
            ["b"] = [1, 0],
            ["c"] = [1, 0, 0],
        };

        Assert.Equal("b", Found(_vectors, record, "ask", "a", "b", "c"));
    }

    [Fact]
    public void Find_ByBoth_AddsUpReciprocalRanks()
    {
        // By words: "copper roof" and "copper door" equally, the later first; by vectors: "tin" before "copper roof".
        Record record = new()
        {
            ["copper"] = [1, 0],
            ["copper roof"] = [2, 1],
            ["copper door"] = [0, 1],
            ["tin"] = [1, 0],
        };
        RetrievalPolicy hybrid = _vectors with { Method = RetrievalMethod.Hybrid };

        // 1/62 + 1/62 > 1/61 = 1/61, of which the later comes first.
        Assert.Equal(
            "copper roof, tin, copper door",
            Found(hybrid, record, "copper", "copper roof", "copper door", "tin")
        );
    }

    private static string Found(RetrievalPolicy policy, IArtefacts? record, string question, params string[] texts)
    {
        ExchangeSearch search = new(policy, record);
        for (int i = 0; i < texts.Length; i++)
        {
            search.Add(new Exchange(i, [i], texts[i], null));
        }

        IEnumerable<string> found = search.Find(question, _ => true).Select(exchange => exchange.Text);
        return string.Join(texts.Any(text => text.Contains(' ')) ? ", " : " ", found);
    }

    /// <summary>Vectors by their texts; null for one that could not be made.</summary>
    private sealed class Record : Dictionary<string, float[]?>, IArtefacts
    {
        public Artefact? Find(string key)
        {
            foreach ((string text, float[]? vector) in this)
            {
                ArtefactRequest request = new(ArtefactKind.Embedding, "m", "", text, "");
                if (request.Key == key)
                {
                    return vector is null
                        ? Artefact.Of(request) with
                        {
                            Error = "too long",
                        }
                        : Artefact.Of(request) with
                        {
                            Vector = Artefact.Pack(vector),
                        };
                }
            }

            return null;
        }
    }
}
