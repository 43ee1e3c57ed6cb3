using MultiTurnTrainer.Synthesis.Dialogues;
using MultiTurnTrainer.Synthesis.Quality;
using MultiTurnTrainer.Synthesis.Seeds;

namespace MultiTurnTrainer.Synthesis.Tests.Quality;

public class QualityTests
{
    [Fact]
    public void Words_Of_SplitsAtPunctuationAndBetweenCjkCharacters() =>
        Assert.Equal(["don", "t", "ask", "中", "文", "x1"], Words.Of("Don't ask: 中文 X1"));

    [Fact]
    public void Tags_Of_ContentWordsAndPairsOfNeighbours() =>
        Assert.Equal(
            ["hash", "hash table", "resize", "table"],
            Tags.Of(Words.Of("How does a hash table resize?"))
                .Where(tag => tag != "table resize")
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void NGrams_Distinct_IsDifferentOverAll()
    {
        NGrams two = new(2);
        two.Add(["a", "b", "a", "b"]);

        // a b, b a, a b: two different of three.
        Assert.Equal(2.0 / 3, two.Distinct, 12);
    }

    [Fact]
    public void Difficulty_Of_FollowsItsFormula()
    {
        // 8 of 40 words, a reasoning word, one condition of 3, and no word of 8 letters.
        List<string> words = Words.Of("Why does it fail if the key is big");
        Assert.Equal(9, words.Count);
        Assert.Equal(((9 / 40.0) + 1 + (1 / 3.0) + 0) / 4, Difficulty.Of(words), 12);
    }

    [Fact]
    public void Report_TwoDialogues_HasTheCountsDoneByHand()
    {
        QualityCounter counter = new(2);
        counter.Add(
            Dialogue(
                Round("Explain hash tables", "alpha beta gamma delta epsilon", "insufficient", "sufficient"),
                Round("Explain hash tables", "alpha beta gamma delta zeta", "sufficient", "sufficient", "depth")
            )
        );
        counter.Add(
            Dialogue(
                Round("Explain red trees", "one two three four", "insufficient", "insufficient"),
                Round("Describe rotation cost", "five six seven eight", "insufficient", "sufficient", "breadth")
            )
        );
        QualityReport report = counter.Report();
        Assert.Equal((2, 2), (report.Dialogues, report.Rounds.Count));

        // Round 1: explain, hash, tables, explain hash, hash tables; red, trees, explain red, red trees. Round 2 adds
        // describe, rotation, cost, describe rotation, rotation cost.
        RoundQuality first = report.Rounds[0];
        RoundQuality second = report.Rounds[1];
        Assert.Equal((9, 9), (first.UniqueTags, first.NewTags));
        Assert.Equal((10, 5), (second.UniqueTags, second.NewTags));
        Assert.Equal(14, report.UniqueTags);
        Assert.Equal(Math.Round(5 / 14.0, 6), second.NewTagShare);
        Assert.Equal(0.5, second.RepeatedQuestions);

        // Of alpha beta gamma delta, beta gamma delta zeta one was said before; of the other answer nothing.
        Assert.Equal(0.25, second.AnswerRepetition);
        Assert.Equal(0.5, second.DepthShare);
        Assert.Equal(0.5, second.Linkage);
        Assert.Equal(0.5, first.VerdictAgreement);
        Assert.Equal(0.25, first.PositiveVerdicts);
        Assert.Null(first.Score);

        // "explain" leads three questions of four, so it is the topic of round 1.
        Assert.Equal((1, 2), (first.Topics, second.Topics));
        Assert.Null(first.AnswerRepetition);
    }

    [Fact]
    public void Page_AnyNames_IsEscaped()
    {
        QualityCounter counter = new(0);
        counter.Add(Dialogue(Round("Explain <b>", "x", "sufficient", "sufficient")));
        string page = System.Text.Encoding.UTF8.GetString(
            QualityPage.Write([("<script>alert(1)</script>", counter.Report())])
        );
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
    }

    private static DialogueResult Dialogue(params Round[] rounds) =>
        new(new Seed(0, rounds[0].Question), DialogueOutcome.Complete, null, rounds, []);

    private static Round Round(string question, string answer, string first, string second, string? direction = null) =>
        new(
            question,
            direction,
            [
                new Draft(
                    answer,
                    [
                        new AnswerReview(1, "too short") { Verdict = first },
                        new AnswerReview(2, "fine") { Verdict = second },
                    ]
                ),
            ]
        );
}
