using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What <c>mtt evaluate --output</c> writes: scores by mode, and every dialogue with Lost in Conversation's keys.</summary>
public static class EvaluationJson
{
    /// <summary>Writes the report.</summary>
    public static void Write(Stream output, EvaluationResult result) =>
        JsonSerializer.Serialize<JsonNode>(output, Report(result.Modes, result.Dialogues), JsonText.Indented);

    /// <summary>A mode's name on the command line and in files.</summary>
    public static string Name(SimulationMode mode) => JsonNamingPolicy.KebabCaseLower.ConvertName(mode.ToString());

    private static JsonObject Report(IEnumerable<ModeResult> results, IEnumerable<Dialogue> dialogues)
    {
        static JsonObject Scores(RunStatistics scores) =>
            new()
            {
                ["mean"] = scores.Mean,
                ["aptitude"] = scores.Aptitude,
                ["unreliability"] = scores.Unreliability,
            };
        return new JsonObject
        {
            ["results"] = new JsonArray([
                .. results.Select(result => new JsonObject
                {
                    ["mode"] = Name(result.Mode),
                    ["tasks"] = result.Tasks,
                    ["runs"] = result.Runs,
                    ["any_attempt"] = Scores(result.AnyAttempt),
                    ["last_turn"] = Scores(result.LastTurn),
                }),
            ]),
            ["dialogues"] = new JsonArray([
                .. dialogues.Select(dialogue => new JsonObject
                {
                    ["task_id"] = dialogue.Task.Id,
                    ["conv_type"] = Name(dialogue.Mode),
                    ["run"] = dialogue.Run,
                    ["is_correct"] = dialogue.AnyAttempt,
                    ["is_correct_last"] = dialogue.LastTurn,
                    ["trace"] = new JsonArray([
                        .. dialogue.Turns.Select(turn => new JsonObject
                        {
                            ["role"] = turn.Role,
                            ["content"] = turn.Content,
                        }),
                    ]),
                }),
            ]),
        };
    }
}
