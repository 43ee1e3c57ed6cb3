using System.Text.Json;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Evaluation.Verifiers;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Evaluation.Tests.Verifiers;

/// <summary>Cases checked by hand.</summary>
public class VerifierTests
{
    private static readonly ShardedTask _choice = Tasks.Of(
        "choice",
        new { answer = "B", options = new[] { "two", "four", "six" } }
    );

    [Theory]
    [InlineData("The answer is (B).", true, true)]
    [InlineData("At first the answer is A, but no: the answer is B", true, false)]
    [InlineData("Answer: B", true, true)]
    [InlineData("**Answer:** (B)", true, true)]
    [InlineData("B", true, true)]
    [InlineData("It must be B) four", true, true)]
    [InlineData("\\boxed{B}", true, true)]
    [InlineData("B is what I think", false, false)]
    [InlineData("The answer is (J)", false, false)]
    [InlineData("The answer is (C).", false, false)]
    [InlineData("I do not know", false, false)]
    [InlineData("", false, false)]
    public void Choice_Letters_HaveBothVerdicts(string reply, bool correct, bool asPublished)
    {
        Verdict verdict = new ChoiceVerifier().Judge(_choice, reply);
        Assert.Equal((correct, asPublished), (verdict.IsCorrect, verdict.IsCorrectAsPublished));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"answer":" "}""")]
    public void Exact_TaskWithoutAnAnswer_IsRefusedByField(string fields)
    {
        ShardedTask task = Tasks.Of("exact", JsonDocument.Parse(fields).RootElement);
        MttException problem = Assert.Throws<MttException>(() => new ExactVerifier().WhyUnscorable(task));
        Assert.Contains("answer: is missing or empty", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", ReplyKind.Missing)]
    [InlineData("  \n", ReplyKind.Missing)]
    [InlineData("Which one do you mean?", ReplyKind.Clarification)]
    [InlineData("How many? And which colour?", ReplyKind.Interrogation)]
    [InlineData("Let us talk about it.", ReplyKind.Discussion)]
    [InlineData("It is 5.", ReplyKind.AnswerAttempt)]
    [InlineData("How many games in 4 years?", ReplyKind.Clarification)]
    public void Judge_RepliesWithoutAnAnswer_HaveTheirKind(string reply, ReplyKind kind) =>
        Assert.Equal(kind, new MathVerifier().Judge(Tasks.Of("math", new { answer = "5" }), reply).Kind);

    [Fact]
    public void DataToText_AnyReference_Counts()
    {
        ShardedTask task = Tasks.Of("data2text", new { references = new[] { "x y z w", "a b c d e" } });
        DataToTextVerifier verifier = new();
        Assert.True(verifier.Judge(task, "a b c d e").IsCorrect);
        Assert.InRange(verifier.Judge(task, "a b c d f").Score, 0.6, 0.7);
        Assert.Equal(0, verifier.Judge(task, "Which cells?").Score);
        Assert.Contains("nrefs:2", verifier.Metric(task), StringComparison.Ordinal);
    }

    [Fact]
    public void Actions_SignsWithoutEnd_AreNoAnswer()
    {
        ShardedTask task = Tasks.Of(
            "actions",
            new
            {
                function = new { name = "f", parameters = new { properties = new { a = new { type = "integer" } } } },
                reference_answer = new[] { new { f = new { a = new[] { 1 } } } },
            }
        );
        ActionsVerifier verifier = new();
        Assert.True(verifier.Judge(task, "[f(a=--1)]").IsCorrect);
        Assert.False(verifier.Judge(task, $"[f(a={new string('-', 1_000_000)}1)]").IsAttempt);
    }

    [Theory]
    [InlineData("INTEGER); ATTACH 'other.db' AS other; CREATE TABLE other.t(x")]
    [InlineData("INTEGER); SELEC (")]
    public void Database_ATypeThatIsMore_IsRefusedWithTheField(string type)
    {
        ShardedTask task = Tasks.Of(
            "database",
            new
            {
                reference_sql = "SELECT a FROM t",
                schema_tables = JsonText.Line(
                    new { t = new { columns = new[] { new object?[] { 0, "a", type, 0, null, 0 } } } }
                ),
            }
        );
        MttException problem = Assert.Throws<MttException>(() => new DatabaseVerifier(null).WhyUnscorable(task));
        Assert.Contains("t: schema_tables", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Summary_WithoutAJudge_SaysSo()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            FamilyVerifier.For([Tasks.Of("summary", new { })], new VerifierOptions())
        );
        Assert.Contains("judge", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_WithoutLeave_IsRefused()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            FamilyVerifier.For([Tasks.Of("code", new { })], new VerifierOptions())
        );
        Assert.Contains("--allow-code-execution", problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("actions", "reference_answer")]
    [InlineData("database", "schema_tables")]
    [InlineData("translation", "document_en")]
    [InlineData("choice", "answer")]
    public void WhyUnscorable_ATaskWithoutItsFields_IsRefusedWithTheField(string family, string field)
    {
        ShardedTask task = Tasks.Of(family, new { function = Array.Empty<int>(), reference_sql = "SELECT 1" });
        MttException problem = Assert.Throws<MttException>(() =>
            FamilyVerifier.For([task], new VerifierOptions()).WhyUnscorable(task)
        );
        Assert.Contains($"t: {field}", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DROP TABLE t")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("ATTACH 'x.db' AS other")]
    [InlineData("SELECT load_extension('x')")]
    [InlineData("PRAGMA query_only=OFF")]
    [InlineData("SELECT zeroblob(100000000)")]
    [InlineData("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r")]
    public void Query_ThatDoesMoreThanReadALittle_GivesNothing(string sql)
    {
        using Databases.SqlDatabase database = Databases.SqlDatabase.Make(
            "CREATE TABLE t (a); INSERT INTO t VALUES (1)"
        );
        Assert.Null(database.Query(sql));
        Assert.Equal(1L, database.Query("SELECT a FROM t")![0][0]);
    }
}
