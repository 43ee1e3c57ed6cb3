using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Context.Constraints;

namespace MultiTurnTrainer.Context.Tests.Constraints;

/// <summary>The rules on labelled turns: some of them shaped the rules, others only measure them (datasets/policies).</summary>
public class TurnRulesTests(ITestOutputHelper output)
{
    private sealed record Labelled(string Id, string Text, TurnClass Class, string Split);

    [Theory]
    [InlineData("tuning", 298, 0.9, 0.8)]
    [InlineData("held-back", 150, 0.9, 0.8)]
    [InlineData("unseen", 54, 0.9, 0.8)]
    public void Whole_OfLabelledTurns_FindsConstraints(string split, int count, double precision, double recall)
    {
        Labelled[] turns = [.. Read().Where(turn => turn.Split == split)];
        (string Id, TurnClass Label, TurnClass Found, string Text)[] judged =
        [
            .. turns.Select(turn => (turn.Id, turn.Class, TurnRules.Whole(TurnRules.Classify(turn.Text)), turn.Text)),
        ];
        foreach (TurnClass kind in Enum.GetValues<TurnClass>())
        {
            (double right, double complete) = Score(judged, kind);
            output.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{split, -10} {kind, -16} precision {right:0.000} recall {complete:0.000}"
                )
            );
        }

        if (split == "tuning")
        {
            foreach (var miss in judged.Where(turn => turn.Label != turn.Found))
            {
                output.WriteLine($"{miss.Id}: {miss.Label} taken for {miss.Found}: {miss.Text}");
            }
        }

        (double found, double whole) = Score(judged, TurnClass.Constraint);
        Assert.Equal(count, turns.Length);
        Assert.True(found >= precision, $"precision {found}");
        Assert.True(whole >= recall, $"recall {whole}");
    }

    [Theory]
    [InlineData("Do not use Python.", "You can use Python again now.")]
    [InlineData("Bitte keine Tabellen verwenden.", "Tabellen sind wieder erlaubt.")]
    [InlineData("不要使用表格。", "表格现在可以用了。")]
    public void Add_OfAWithdrawal_LiftsWhatItNames(string constraint, string withdrawal)
    {
        ConstraintLedger ledger = new();
        ledger.Add(TurnRules.Classify(constraint), 1, 0, []);
        ledger.Add(TurnRules.Classify("Never mention prices."), 3, 1, []);

        List<ActiveConstraint> withdrawn = [];
        bool changed = ledger.Add(TurnRules.Classify(withdrawal), 5, 2, withdrawn);

        Assert.True(changed);
        Assert.Equal(constraint, Assert.Single(withdrawn).Text);
        Assert.Equal("Never mention prices.", Assert.Single(ledger.Active).Text);
    }

    [Fact]
    public void Add_OfTheSameConstraintTwice_KeepsTheFirst()
    {
        ConstraintLedger ledger = new();
        ledger.Add(TurnRules.Classify("Do not use Python."), 1, 0, []);

        Assert.False(ledger.Add(TurnRules.Classify("do not use python."), 3, 1, []));
        Assert.Equal(1, Assert.Single(ledger.Active).Message);
    }

    [Fact]
    public void Classify_OfADemandThatNoRulePlaces_KeepsIt()
    {
        ClassifiedSentence sentence = Assert.Single(TurnRules.Classify("The tone should be that of a friend."));

        Assert.True(sentence.Class == TurnClass.Constraint || sentence.IsUncertain);
    }

    [Fact]
    public void Classify_OfSeveralSentences_LooksAtEach()
    {
        IReadOnlyList<ClassifiedSentence> sentences = TurnRules.Classify(
            "Thanks! My order is 77-41. Please don't use emojis. Is it on its way?"
        );

        Assert.Equal(4, sentences.Count);
        Assert.Equal("Please don't use emojis.", sentences.Single(s => s.Class == TurnClass.Constraint).Text);
        Assert.Equal(TurnClass.Constraint, TurnRules.Whole(sentences));
    }

    [Theory]
    [InlineData("")]
    [InlineData("...")]
    [InlineData("\n\n")]
    public void Classify_OfNothing_GivesNoSentence(string text) => Assert.Empty(TurnRules.Classify(text));

    private static (double Precision, double Recall) Score(
        (string Id, TurnClass Label, TurnClass Found, string Text)[] turns,
        TurnClass kind
    )
    {
        int hits = turns.Count(turn => turn.Label == kind && turn.Found == kind);
        int found = turns.Count(turn => turn.Found == kind);
        int labelled = turns.Count(turn => turn.Label == kind);
        return (found == 0 ? 1 : (double)hits / found, labelled == 0 ? 1 : (double)hits / labelled);
    }

    private static IEnumerable<Labelled> Read() =>
        File.ReadLines(Path.Combine(Repository.Root, "datasets/policies/turns.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row => new Labelled(
                row.GetProperty("id").GetString()!,
                row.GetProperty("text").GetString()!,
                Enum.Parse<TurnClass>(row.GetProperty("class").GetString()!, ignoreCase: true),
                row.GetProperty("split").GetString()!
            ));
}
