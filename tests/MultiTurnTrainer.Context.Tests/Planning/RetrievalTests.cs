using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Prompts;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>Past exchanges that come back.</summary>
public class RetrievalTests
{
    private static readonly ContextPolicy _policy = new()
    {
        History = new() { Turns = 4, Bite = 2 },
        Summary = new() { MaxTokens = 0 },
        Constraints = new() { Enabled = false },
        Steps = [],
        Retrieval = new(),
    };

    private static Chat Parcel() =>
        new Chat()
            .System("You are a clerk.")
            .User("Where is the parcel with the copper kettle?")
            .Call("c1", "track", """{"parcel": 7}""")
            .Result("c1", """{"place": "customs"}""")
            .Assistant("The kettle is in customs.");

    [Fact]
    public void Plan_OfWordsThatFitAnExchangeWhichHasLeft_HoldsItWholeWithPlaceAndDate()
    {
        JsonArray times = [];
        for (int i = 0; i < 18; i++)
        {
            times.Add($"2026-11-{i + 1:00}T10:00:00Z");
        }

        ContextPlan plan = Parcel()
            .Turns(6)
            .User("Is the copper kettle still in customs?")
            .Plan(_policy, metadata: new JsonObject { ["timestamps"] = times });

        PlanItem item = Assert.Single(plan.Retrieved);
        Assert.Equal([1, 2, 3, 4], item.Sources);
        Assert.Equal(
            """
            [Earlier in this conversation, turn 1, 2026-11-02:
            User: Where is the parcel with the copper kettle?
            Call: track({"parcel": 7})
            Result: {"place": "customs"}
            Assistant: The kettle is in customs.]
            """,
            item.Text
        );
        Assert.Contains(plan.Applied, step => step.What == "1 past exchange came back");
    }

    [Fact]
    public void Of_APlanWithAnExchange_PutsItBeforeTheWordsThatItFits()
    {
        Conversation conversation = Parcel().Turns(6).User("Is the copper kettle still in customs?").Build();
        ContextPlan plan = Chat.PlanOf(conversation, _policy, 100_000);

        IReadOnlyList<PromptMessage> prompt = PromptMessages.Of(plan, conversation.Messages);

        Assert.Equal([17, 1, 2, 3, 4], prompt[^1].Sources);
        Assert.Equal(plan.Retrieved[0].Text, prompt[^1].Head);
        Assert.All(prompt.SkipLast(1), message => Assert.Null(message.Head));
    }

    [Fact]
    public void Plan_AsTheConversationGoesOn_OnlyGrowsBehindWhatCameBack()
    {
        Conversation conversation = Parcel()
            .Turns(4)
            .User("Is the copper kettle still in customs?")
            .Assistant("It is.")
            .User("And the kettle in customs, is it copper?")
            .Build();
        ContextSession session = Chat.Open(
            conversation,
            _policy with
            {
                History = new() { Turns = 4, Bite = 3 },
            },
            100_000
        );
        List<ContextPlan> plans = [];
        foreach (Message message in conversation.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                plans.Add(session.Plan());
            }

            session.Append(message);
        }

        plans.Add(session.Plan());

        // The exchange stands in the prompt already: it does not come a second time, and the beginning of the prompt is as it was.
        Assert.Single(plans[^2].Retrieved);
        Assert.Single(plans[^1].Retrieved);
        Assert.Equal(plans[^2].Layout, plans[^1].Layout);
        Assert.Equal(plans[^2].Items, plans[^1].Items.Take(plans[^2].Items.Count));
    }

    [Fact]
    public void Plan_WhenWhatAnExchangeCameBackForHasLeft_MayHoldItAgain()
    {
        ContextPlan plan = Parcel()
            .Turns(4)
            .User("Is the copper kettle still in customs?")
            .Assistant("Yes.")
            .Turns(6)
            .User("Is the copper kettle still in customs?")
            .Plan(_policy);

        // The later of the two fits better: its words are all of the question's.
        Assert.Contains(plan.Retrieved, item => item.Sources[0] == 13);
        Assert.All(plan.Retrieved, item => Assert.True(item.Sources[0] < 23));
    }

    [Fact]
    public void Plan_OfAnExchangeInTheWindow_DoesNotRepeatIt() =>
        Assert.Empty(Parcel().Turns(2).User("Is the copper kettle still in customs?").Plan(_policy).Retrieved);

    [Fact]
    public void Plan_OfWordsThatFitNothing_HoldsNothing() =>
        Assert.Empty(Parcel().Turns(6).User("What is the capital of Mongolia?").Plan(_policy).Retrieved);

    [Fact]
    public void Plan_OfEquallyGoodExchanges_TakesTheLater()
    {
        Chat chat = new();
        for (int i = 0; i < 3; i++)
        {
            chat.User("The copper kettle, please.").Assistant("Here.");
        }

        ContextPolicy one = _policy with { Retrieval = new() { Exchanges = 1 } };
        ContextPlan plan = chat.Turns(6, turn => $"Topic{turn}").User("copper kettle").Plan(one);

        Assert.Equal([4, 5], Assert.Single(plan.Retrieved).Sources);
    }

    [Fact]
    public void Plan_OfAnExchangeThatIsLongerThanItsRoom_SaysSoAndHoldsNothingOfIt()
    {
        ContextPolicy tight = _policy with { Retrieval = new() { MaxTokens = 20 } };

        ContextPlan plan = Parcel().Turns(6).User("Is the copper kettle still in customs?").Plan(tight);

        Assert.Empty(plan.Retrieved);
        Assert.Contains(plan.Applied, step => step.What == "0 past exchanges came back, 1 more that fit are too long");
    }

    [Fact]
    public void Refit_OfAPromptThatIsLongerThanItsParts_LetsWhatCameBackGoFirst()
    {
        Conversation conversation = Parcel().Turns(6).User("Is the copper kettle still in customs?").Build();
        ContextSession session = Chat.Open(conversation, _policy, 400);
        foreach (Message message in conversation.Messages)
        {
            session.Append(message);
        }

        ContextPlan before = session.Plan();
        ContextPlan after = session.Refit(before.Parts.Budget + 10);

        Assert.Single(before.Retrieved);
        Assert.Empty(after.Retrieved);
        Assert.Equal(before.FirstTurn, after.FirstTurn);
        Assert.NotEqual(before.Layout, after.Layout);
    }

    [Fact]
    public void IsIn_OfALabelWhoseExchangeCameBack_IsTrue()
    {
        ContextPlan plan = Parcel().Turns(6).User("Is the copper kettle still in customs?").Plan(_policy);

        Assert.True(new MustKeep(0, ["copper", "customs"]).IsIn(plan));
        Assert.False(new MustKeep(1, ["word word"]).IsIn(plan));
    }

    [Fact]
    public void Plan_OfExchangesOfOtherSessions_PutsThemFirst()
    {
        JsonObject recalled = new()
        {
            ["turn"] = 6,
            ["session"] = "s1",
            ["session_turn"] = 2,
            ["at"] = "2026-10-05T08:00:00Z",
            ["text"] = "User: My kettle is copper.\nAssistant: Noted.",
        };

        ContextPlan plan = Parcel()
            .Turns(5)
            .User("Is the copper kettle still in customs?")
            .Plan(_policy, metadata: new JsonObject { ["recalled"] = new JsonArray(recalled) });

        Assert.Equal(
            "[In an earlier conversation, turn 3, 2026-10-05:\nUser: My kettle is copper.\nAssistant: Noted.]",
            plan.Retrieved[0].Text
        );
        Assert.Equal([1, 2, 3, 4], plan.Retrieved[1].Sources);
    }

    [Fact]
    public void Save_UnderAPolicyThatBringsBack_IsNothing()
    {
        Conversation conversation = Parcel().Turns(6).Build();
        ContextSession session = Chat.Open(conversation, _policy, 100_000);
        foreach (Message message in conversation.Messages)
        {
            session.Append(message);
        }

        Assert.Null(session.Save());
    }

    [Fact]
    public void Fingerprint_OfAPolicyWithoutRetrieval_IsTheOneItHadBefore()
    {
        Assert.StartsWith(
            "1cffbdd6c51ca4217a142d88852c64da8c999fd2e2097bc567",
            PolicyFingerprint.Of(new ContextPolicy())
        );
        Assert.NotEqual(
            PolicyFingerprint.Of(new ContextPolicy()),
            PolicyFingerprint.Of(new ContextPolicy { Retrieval = new() })
        );
    }
}
