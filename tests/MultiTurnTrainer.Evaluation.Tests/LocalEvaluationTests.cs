using System.Text.Json;
using MultiTurnTrainer.Synthesis.Tests;

namespace MultiTurnTrainer.Evaluation.Tests;

/// <summary>The built <c>mtt</c> with a model of its own: choices by likelihood, tasks scored while it trains.</summary>
public class LocalEvaluationTests
{
    [Fact]
    public void Evaluate_Likelihood_ChoosesALetterAndWritesNothing()
    {
        using TempFolder folder = new();
        TinyModel.Write(folder);
        folder.Write(
            "choice.jsonl",
            """
            {"question_id": 7, "question": "What is 2 and 2?", "options": ["3", "4", "5"], "answer": "B", "category": "math"}
            """
        );
        MttResult result = MttProcess.Run(
            folder.Path,
            [
                "evaluate",
                "choice.jsonl",
                "--model",
                "model",
                "--likelihood",
                "--modes",
                "full",
                "--runs",
                "1",
                "-o",
                "out.json",
            ]
        );
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement reply = JsonDocument
            .Parse(File.ReadAllBytes(folder["out.json"]))
            .RootElement.GetProperty("dialogues")[0]
            .GetProperty("replies")[0];
        Assert.Equal("answer_attempt", reply.GetProperty("kind").GetString());
        Assert.Contains(reply.GetProperty("answer").GetString(), new[] { "A", "B", "C" });
        Assert.Equal(0, reply.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void Train_EvalTasks_ScoresThemAndTheScoreChoosesTheBest()
    {
        using TempFolder folder = new();
        TinyModel.Write(folder);
        folder.Write(
            "tasks.jsonl",
            """{"id": "a", "family": "exact", "question": "Say BOOK Ida 4", "shards": ["Say", "BOOK Ida 4"], "answer": "BOOK Ida 4"}"""
        );
        folder.Write(
            "rows.jsonl",
            """{"messages": [{"role": "user", "content": "Say"}, {"role": "assistant", "content": "BOOK Ida 4"}]}"""
        );
        string[] arguments =
        [
            "train",
            "--model",
            "model",
            "--train",
            "rows.jsonl",
            "--eval-tasks",
            "tasks.jsonl",
            "--max-steps",
            "4",
            "--set",
            "train.eval_steps=2",
            "--set",
            "train.load_best_model_at_end=true",
            "--set",
            "eval_tasks.max_new_tokens=8",
        ];
        MttResult result = MttProcess.Run(folder.Path, [.. arguments, "--output", "out"]);
        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement[] evaluations = Evaluations(folder["out/evaluations.jsonl"]);
        Assert.Equal([0, 2, 4], evaluations.Select(one => one.GetProperty("step").GetInt32()));
        Assert.All(evaluations, one => Assert.InRange(one.GetProperty("task_score").GetDouble(), 0, 100));
        Assert.All(evaluations, one => Assert.Equal(JsonValueKind.Null, one.GetProperty("eval_loss").ValueKind));

        // A score that never rises is best where it was first, and training stops when its patience ends.
        Assert.Equal([true, false, false], evaluations.Select(one => one.GetProperty("best").GetBoolean()));
        MttResult early = MttProcess.Run(
            folder.Path,
            [.. arguments, "--output", "early", "--set", "train.early_stopping_patience=1"]
        );
        Assert.Contains("no gain since step 0", early.Error, StringComparison.Ordinal);

        MttResult budgeted = MttProcess.Run(
            folder.Path,
            [.. arguments, "--output", "budgeted", "--set", "eval_tasks.budget_tokens=1"]
        );
        Assert.True(budgeted.ExitCode == 0, budgeted.Error);
        Assert.Single(Evaluations(folder["budgeted/evaluations.jsonl"]));

        // What was spent is spent for a run that goes on.
        MttResult resumed = MttProcess.Run(
            folder.Path,
            [
                .. arguments.Select(argument => argument == "4" ? "6" : argument),
                "--output",
                "budgeted",
                "--set",
                "eval_tasks.budget_tokens=1",
                "--resume",
            ]
        );
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        Assert.Contains("done: 6 steps", resumed.Error, StringComparison.Ordinal);
        Assert.Single(Evaluations(folder["budgeted/evaluations.jsonl"]));
    }

    private static JsonElement[] Evaluations(string path) =>
        [.. File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement)];
}
