using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Context.Tests.Reports;

public class RetrievalScoreTests
{
    private static Conversation Labelled(params JsonNode[] labels)
    {
        JsonArray messages = [new JsonObject { ["role"] = "system", ["content"] = "Be kind." }];
        foreach (string user in new[] { "The kettle is copper.", "The door is green.", "The copper roof." })
        {
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = user });
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = "I see." });
        }

        return Conversation.FromJson(
            JsonText.ToView(
                new JsonObject
                {
                    ["messages"] = messages,
                    ["metadata"] = new JsonObject { ["retrieval"] = new JsonArray(labels) },
                }
            ),
            "labels.jsonl",
            1
        );
    }

    private static JsonObject Label(string question, int? exchange) =>
        new() { ["question"] = question, ["exchange"] = exchange };

    [Fact]
    public void Add_OfLabelledQuestions_CountsWhatWasFoundAndWhatWasWrong()
    {
        RetrievalScore score = new(new RetrievalPolicy(), null);

        score.Add(
            Labelled(
                Label("Is the kettle copper?", 0),
                Label("Which colour has my door?", 1),
                Label("What about copper?", 0),
                Label("Who painted this roof?", null),
                Label("Any news of Mongolia?", null)
            )
        );

        // "copper" alone fits two equally well, and the later comes first; "roof" disturbs where nothing is meant.
        Assert.Equal((3, 2, 3), (score.Answerable, score.First, score.Found));
        Assert.Equal((2, 1), (score.Unanswerable, score.Disturbed));
        Assert.Equal(score.Returned - 3, score.Wrong);
    }

    [Theory]
    [InlineData("""{"question": "Where?"}""")]
    [InlineData("""{"question": "", "exchange": 1}""")]
    [InlineData("""{"question": "Where?", "exchange": -1}""")]
    [InlineData("""{"question": "Where?", "exchange": 3}""")]
    [InlineData("""{"question": "Where?", "exchange": "1"}""")]
    [InlineData("""7""")]
    public void Of_ALabelOfAnotherForm_SaysWhere(string label)
    {
        Conversation conversation = Labelled(Label("Where?", 1), JsonNode.Parse(label)!);

        MttException problem = Assert.Throws<MttException>(() => RetrievalQuestion.Of(conversation));

        Assert.Equal(
            "labels.jsonl:1: metadata.retrieval[1]: needs a question and an exchange of the conversation",
            problem.Message
        );
    }
}
