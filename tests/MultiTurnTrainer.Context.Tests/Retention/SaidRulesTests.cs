using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Context.Retention;
using MultiTurnTrainer.Context.Tests.Planning;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files.Pages;

namespace MultiTurnTrainer.Context.Tests.Retention;

/// <summary>Keep, summarize or drop, on the labelled turns and on sentences of both sides.</summary>
public class SaidRulesTests(ITestOutputHelper output)
{
    private static readonly (string Name, string File, string Split, int Count)[] _labels =
    [
        ("`turns.jsonl`, tuning", "turns.jsonl", "tuning", 298),
        ("`turns.jsonl`, held back", "turns.jsonl", "held-back", 150),
        ("`turns.jsonl`, unseen", "turns.jsonl", "unseen", 54),
        ("`retention.jsonl`", "retention.jsonl", "", 110),
    ];

    /// <summary>
    /// The labels of turns.jsonl as classes: the rules saw the tuning part, and not the others. <c>MTT_UPDATE_DOCS=1</c> writes the table.
    /// </summary>
    [Fact]
    public void Context_TableOfRetention_IsTheProgramsOwn()
    {
        List<string[]> rows = [];
        foreach ((string name, string file, string split, int count) in _labels)
        {
            RetentionScore score = Score(file, split);
            Assert.Equal(count, score.Count);
            Assert.True(score.Precision(RetentionClass.Keep) >= 0.8, "what is kept word for word is worth it");
            Assert.True(score.Recall(RetentionClass.Keep) >= 0.6, "most of what must be kept is");
            Assert.True(score.Precision(RetentionClass.Drop) >= 0.8, "little goes that somebody would miss");
            rows.Add([
                $"{name} ({count})",
                .. new[] { RetentionClass.Keep, RetentionClass.Summarize, RetentionClass.Drop }.Select(one =>
                    Both(score, one)
                ),
            ]);
        }

        GeneratedSection.Check(
            "context.md",
            "retention",
            Table.Markdown(["labels", "keep", "may be summarised", "may go"], rows)
        );
    }

    private RetentionScore Score(string file, string split)
    {
        RetentionScore score = new();
        foreach (JsonElement row in Read(file, split))
        {
            string text = row.GetProperty("text").GetString()!;
            bool isUsers = !row.TryGetProperty("role", out JsonElement role) || role.GetString() == "user";
            Conversation chat = (isUsers ? new Chat().User(text) : new Chat().Assistant(text)).Build();
            RetentionClass found = MessageRetention.Whole(chat.Messages[0], 0, new RetentionPolicy(), null);
            RetentionClass label = LabelOf(row.GetProperty("class").GetString()!);
            score.Add(label, found);
            if (label != found && split is "tuning" or "")
            {
                output.WriteLine($"{row.GetProperty("id").GetString()}: {label} taken for {found}: {text}");
            }
        }

        return score;
    }

    private static string Both(RetentionScore score, RetentionClass one) =>
        // Of none that were found there is no precision.
        score.Recall(one) == 0
        && score.Precision(one) == 1
            ? "– / 0.00"
            : string.Create(CultureInfo.InvariantCulture, $"{score.Precision(one):0.00} / {score.Recall(one):0.00}");

    [Theory]
    [InlineData("I'll send the replacement by Thursday.", SaidKind.Commitment)]
    [InlineData("I'll be happy to help.", SaidKind.Filler)]
    [InlineData("If you like, I'll explain it.", SaidKind.Other)]
    [InlineData("Hold the button for five seconds.", SaidKind.Other)]
    public void Kinds_OfAnswers_ArePromisesAndCourtesies(string text, SaidKind kind) =>
        Assert.Equal(kind, Assert.Single(SaidRules.Kinds(new Chat().Assistant(text).Build().Messages[0])).Kind);

    private static RetentionClass LabelOf(string name) =>
        name switch
        {
            "constraint" or "preference" or "decision" or "correction" => RetentionClass.Keep,
            "acknowledgement" => RetentionClass.Drop,
            "none" => RetentionClass.Summarize,
            _ => Enum.Parse<RetentionClass>(name, ignoreCase: true),
        };

    private static IEnumerable<JsonElement> Read(string file, string split) =>
        File.ReadLines(Path.Combine(Repository.Root, "datasets/policies", file))
            .Select(line => JsonElement.Parse(line))
            .Where(row => split.Length == 0 || row.GetProperty("split").GetString() == split);
}
