using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Tests.Retrieval;

public class Bm25IndexTests
{
    [Fact]
    public void Scores_OfThreeTexts_AreThoseComputedByHand()
    {
        Bm25Index index = new();
        index.Add(["blue", "bicycle", "blue"]);
        index.Add(["red", "bicycle"]);
        index.Add(["red", "car", "old", "car"]);

        double[] scores = index.Scores(["blue", "bicycle"]);

        // N = 3, mean length 3. blue: n = 1, idf = ln(1 + 2.5/1.5); bicycle: n = 2, idf = ln(1 + 1.5/2.5).
        double blue = Math.Log(1 + (2.5 / 1.5));
        double bicycle = Math.Log(1 + (1.5 / 2.5));
        double first = (blue * 2 * 2.2 / (2 + 1.2)) + (bicycle * 1 * 2.2 / (1 + 1.2));
        double second = bicycle * 2.2 / (1 + (1.2 * (0.25 + (0.75 * 2 / 3.0))));
        Assert.Equal([first / (blue + bicycle), second / (blue + bicycle), 0], scores, Near);
    }

    [Fact]
    public void Scores_OfAnyTexts_AreThoseOfTheFormula() =>
        Prop.ForAll(
                AnyTexts().ToArbitrary(),
                AnyText().ToArbitrary(),
                (texts, question) =>
                {
                    Bm25Index index = new();
                    foreach (string[] text in texts)
                    {
                        index.Add(text);
                    }

                    Assert.Equal(Naive(texts, question), index.Scores(question), Near);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Scores_OfAQuestionWithoutTerms_AreNothing()
    {
        Bm25Index index = new();
        index.Add(["a"]);
        index.Add([]);

        Assert.Equal([0, 0], index.Scores([]));
        Assert.Empty(new Bm25Index().Scores(["a"]));
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static Gen<string[]> AnyText() =>
        Gen.Choose(0, 9).ListOf().Select(terms => terms.Select(term => $"t{term}").ToArray());

    private static Gen<string[][]> AnyTexts() => AnyText().ListOf().Select(texts => texts.ToArray());

    // The formula as it stands in the documentation, term by term and text by text.
    private static double[] Naive(string[][] texts, string[] question)
    {
        double mean = texts.Length == 0 ? 0 : texts.Average(text => text.Length);
        double Idf(string term)
        {
            int n = texts.Count(text => text.Contains(term));
            return Math.Log(1 + ((texts.Length - n + 0.5) / (n + 0.5)));
        }

        double Score(string[] text) =>
            question
                .Distinct()
                .Where(term => text.Contains(term))
                .Sum(term =>
                {
                    double f = text.Count(other => other == term);
                    return Idf(term) * f * 2.2 / (f + (1.2 * (0.25 + (0.75 * text.Length / mean))));
                });

        double weight = question.Distinct().Sum(Idf);
        return [.. texts.Select(text => weight == 0 ? 0 : Score(text) / weight)];
    }
}
