using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Context.Tests.Planning;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Context.Tests.Reports;

public class MustKeepTests
{
    private static readonly ContextPolicy _window = new()
    {
        History = new() { Turns = 2, Bite = 1 },
        Summary = new() { MaxTokens = 0 },
        Steps = [],
    };

    [Fact]
    public void Of_LabelsOfTurnsThatHaveLeftOrNotCome_CountsWhatThePromptHolds()
    {
        JsonObject metadata = new()
        {
            ["must_keep"] = new JsonArray(Label(0, "number 0"), Label(4, "number 4"), Label(9, "number 9")),
        };
        Conversation conversation = new Chat().Turns(5).User("And now?").Build(metadata);
        RetentionMeter retention = new(MustKeep.Of(conversation));

        RetentionCount count = retention.Of(Chat.PlanOf(conversation, _window, 100_000));

        Assert.Equal((1, 2), (count.KeptLabels, count.ActiveLabels));
    }

    [Fact]
    public void Of_ALabelWithoutATurn_IsRefusedWithItsPlace()
    {
        JsonObject metadata = new() { ["must_keep"] = new JsonArray(new JsonObject { ["text"] = "x" }) };
        Conversation conversation = new Chat().Turns(1).Build(metadata);

        MttException problem = Assert.Throws<MttException>(() => MustKeep.Of(conversation));

        Assert.Contains("metadata.must_keep[0]", problem.Message, StringComparison.Ordinal);
    }

    private static JsonObject Label(int turn, string text) => new() { ["turn"] = turn, ["text"] = text };
}
