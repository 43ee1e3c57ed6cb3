using System.Text.Json;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Databases;
using MultiTurnTrainer.Evaluation.TextScores;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Evaluation.Tests.Verifiers;

/// <summary>Verdicts of the benchmark's scorers and sacreBLEU's scores.</summary>
public class GoldenVerdictTests
{
    [Fact]
    public void Math_EveryVector_HasBothVerdicts()
    {
        MathVerifier verifier = new();
        foreach (JsonView vector in Tasks.Verdicts("lic", "math.json").EnumerateArray())
        {
            string reply = vector.GetProperty("reply").GetString()!;
            Verdict verdict = verifier.Judge(
                Tasks.Of("math", new { answer = vector.GetProperty("gold").GetString() }),
                reply
            );
            JsonView official = vector.GetProperty("official");
            Assert.Equal(official.GetProperty("normalised").GetString(), MathVerifier.PublishedAnswer(reply));
            Assert.Equal(official.GetProperty("correct").GetBoolean(), verdict.IsCorrectAsPublished);
            Assert.Equal(vector.GetProperty("fixed").GetProperty("correct").GetBoolean(), verdict.IsCorrect);
        }
    }

    [Fact]
    public void Actions_EveryVector_HasBothVerdicts()
    {
        JsonView file = Tasks.Verdicts("lic", "actions.json");
        Dictionary<string, ShardedTask> tasks = Tasks
            .Shared("rlsta/lost_in_conversation_actions.json")
            .ToDictionary(task => task.Id);
        tasks["geo"] = tasks.Values.First() with { Json = file.GetProperty("geo") };
        foreach (JsonView vector in file.GetProperty("cases").EnumerateArray())
        {
            string reply = vector.GetProperty("reply").GetString()!;
            Verdict verdict = new ActionsVerifier().Judge(tasks[vector.GetProperty("task_id").GetString()!], reply);
            Assert.True(vector.GetProperty("correct").GetBoolean() == verdict.IsCorrectAsPublished, reply);
            Assert.True(vector.GetProperty("lenient").GetBoolean() == verdict.IsCorrect, reply);
        }
    }

    [Theory]
    [InlineData("math", 103)]
    [InlineData("actions", 105)]
    [InlineData("database", 107)]
    public void Judge_GoldAnswers_AreAllRight(string family, int count)
    {
        IReadOnlyList<ShardedTask> tasks = Tasks.Shared($"rlsta/lost_in_conversation_{family}.json");
        FamilyVerifier verifier = FamilyVerifier.For(tasks, new VerifierOptions());
        Verdict[] verdicts = [.. tasks.Select(task => verifier.Judge(task, verifier.RightAnswer(task)))];
        Assert.Equal(count, verdicts.Count(verdict => verdict.IsCorrect));
        Assert.Equal(count, verdicts.Count(verdict => verdict.IsCorrectAsPublished));
        Assert.Equal(
            0,
            tasks.Count(task =>
                verifier.Judge(task, verifier.WrongAnswer(task)).IsCorrect && verifier.WhyUnscorable(task) is null
            )
        );
    }

    [Fact]
    public void Database_TasksWithoutARow_AreTold()
    {
        IReadOnlyList<ShardedTask> tasks = Tasks.Shared("rlsta/lost_in_conversation_database.json");
        DatabaseVerifier verifier = new(null);
        Assert.InRange(tasks.Count(task => verifier.WhyUnscorable(task) is null), 99, 107);
    }

    [Fact]
    public void Database_EveryVector_HasBothVerdicts()
    {
        JsonView file = Tasks.Verdicts("lic", "database.json");
        foreach (JsonView vector in file.GetProperty("cases").EnumerateArray())
        {
            JsonView made = file.GetProperty("databases").GetProperty(vector.GetProperty("task_id").GetString()!);
            SqlDatabase[] databases =
            [
                .. made.GetProperty("scripts").EnumerateArray().Select(script => SqlDatabase.Make(script.GetString()!)),
            ];
            string reply = vector.GetProperty("reply").GetString()!;
            (bool strict, bool forgiving) = SqlText.Extract(reply) is { } sql
                ? DatabaseVerifier.Compare(made.GetProperty("reference_sql").GetString()!, sql, databases)
                : (false, false);
            Assert.True(vector.GetProperty("strict").GetBoolean() == strict, reply);
            Assert.True(vector.GetProperty("forgiving").GetBoolean() == forgiving, reply);
            Array.ForEach(databases, database => database.Dispose());
        }
    }

    [Fact]
    public void ResultSets_EveryVector_IsCompared()
    {
        foreach (JsonView vector in Tasks.Verdicts("lic", "result-sets.json").EnumerateArray())
        {
            Assert.True(
                vector.GetProperty("equal").GetBoolean()
                    == ResultSets.Same(
                        Rows(vector.GetProperty("gold")),
                        Rows(vector.GetProperty("predicted")),
                        vector.GetProperty("ordered").GetBoolean()
                    ),
                vector.ToString()
            );
        }
    }

    [Fact]
    public void Translation_EveryVector_HasItsScoreAndBothVerdicts()
    {
        Dictionary<string, ShardedTask> tasks = Tasks.Shared("sharded_translation.json").ToDictionary(task => task.Id);
        TranslationVerifier verifier = new();
        foreach (JsonView vector in Tasks.Verdicts("lic", "translation.json").GetProperty("cases").EnumerateArray())
        {
            ShardedTask task = tasks[vector.GetProperty("task_id").GetString()!];
            string reply =
                vector.GetProperty("reply").GetString()
                ?? (
                    vector.GetProperty("kind").GetString() == "source"
                        ? verifier.WrongAnswer(task)
                        : verifier.RightAnswer(task)
                );
            Verdict verdict = verifier.Judge(task, reply);
            Assert.Equal(vector.GetProperty("score").GetDouble(), verdict.Published, 1e-10);
            Assert.Equal(vector.GetProperty("sensible_correct").GetBoolean(), verdict.IsCorrect);
            Assert.Equal(vector.GetProperty("official_correct").GetBoolean(), verdict.IsCorrectAsPublished);
        }

        Assert.All(
            tasks.Values,
            task => Assert.Equal(100, Bleu.Score(verifier.RightAnswer(task), [verifier.RightAnswer(task)]), 1e-10)
        );
        Assert.Equal(
            3.4626193642596217,
            tasks.Values.Average(task => 100 * verifier.Judge(task, verifier.WrongAnswer(task)).Published),
            1e-10
        );
    }

    [Theory]
    [InlineData("hand")]
    [InlineData("real")]
    public void BleuAndChrf_EveryPair_HasSacreBleusScore(string set)
    {
        (string Hypothesis, IReadOnlyList<string> References)[] pairs =
        [
            .. Tasks
                .Verdicts("bleu", "pairs.json")
                .GetProperty(set)
                .EnumerateArray()
                .Select(pair =>
                    (
                        pair.GetProperty("hypothesis").GetString()!,
                        (IReadOnlyList<string>)
                            [
                                .. pair.GetProperty("references")
                                    .EnumerateArray()
                                    .Select(reference => reference.GetString()!),
                            ]
                    )
                ),
        ];
        JsonView bleu = Default("bleu.json", set);
        JsonView chrf = Default("chrf.json", set);
        Assert.Equal(bleu.GetProperty("corpus").GetProperty("score").GetDouble(), Bleu.Score(pairs), 1e-9);
        Assert.Equal(chrf.GetProperty("corpus").GetProperty("score").GetDouble(), Chrf.Score(pairs), 1e-9);
        for (int i = 0; i < pairs.Length; i++)
        {
            Assert.Equal(
                bleu.GetProperty("one_sentence_corpora")[i].GetDouble(),
                Bleu.Score(pairs[i].Hypothesis, pairs[i].References),
                1e-9
            );
            Assert.Equal(
                chrf.GetProperty("sentences")[i].GetDouble(),
                Chrf.Score(pairs[i].Hypothesis, pairs[i].References),
                1e-9
            );
        }
    }

    [Fact]
    public void BleuTokens_EveryText_AreSacreBleus()
    {
        foreach (JsonView text in Tasks.Verdicts("bleu", "tokens.json").EnumerateArray())
        {
            Assert.Equal(
                text.GetProperty("13a").GetString(),
                string.Join(' ', BleuTokens.Of(text.GetProperty("text").GetString()!))
            );
        }
    }

    private static JsonView Default(string file, string set) =>
        Tasks
            .Verdicts("bleu", file)
            .EnumerateArray()
            .Single(entry =>
                entry.GetProperty("set").GetString() == set && !entry.GetProperty("options").EnumerateObject().Any()
            );

    private static List<object?[]> Rows(JsonView rows) =>
        [
            .. rows.EnumerateArray()
                .Select(row =>
                    row.EnumerateArray()
                        .Select(cell =>
                            cell.Kind switch
                            {
                                JsonKind.Null => null,
                                JsonKind.True => true,
                                JsonKind.False => false,
                                JsonKind.String => cell.GetString(),
                                _ when cell.GetRawText().Contains('.') => cell.GetDouble(),
                                _ => (object)cell.GetInt64(),
                            }
                        )
                        .ToArray()
                ),
        ];
}
