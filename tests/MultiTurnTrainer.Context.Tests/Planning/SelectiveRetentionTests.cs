using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>What stays word for word, may be summarised or may go, when turns leave.</summary>
public class SelectiveRetentionTests
{
    private static readonly ContextPolicy _policy = new()
    {
        History = new() { Turns = 2, Bite = 1 },
        Summary = new() { MaxTokens = 120 },
        Steps = [],
        Retention = new(),
    };

    private static Chat Said() =>
        new Chat()
            .User("Hi there! My order is LX-7. Let's take the blue one.")
            .Assistant("Great question! I'll send the replacement by Thursday. It costs 12 euros.")
            .User("Thanks a lot!")
            .Assistant("You're welcome!")
            .User("Sorry, I meant the green one.")
            .Assistant("The green one weighs two kilos.")
            .User("What is its size?")
            .Assistant("It is 40 cm high.")
            .User("And the other?");

    [Fact]
    public void Plan_OfTurnsThatLeft_KeepsQuotesSummarisesAndDrops()
    {
        ContextPlan plan = Said().Plan(_policy);

        string[] lines = plan.Block.Split('\n');
        Assert.Contains("- Let's take the blue one.", lines);
        Assert.Contains("- Sorry, I meant the green one.", lines);
        int promises = Array.IndexOf(lines, "Promised by the assistant, word for word:");
        Assert.Equal("- I'll send the replacement by Thursday.", lines[promises + 1]);
        Assert.Contains("LX-7", plan.Block, StringComparison.Ordinal);
        foreach (string gone in new[] { "Thanks", "welcome", "Hi there", "Great question" })
        {
            Assert.DoesNotContain(gone, plan.Block, StringComparison.Ordinal);
        }

        // What is quoted is not in the summary too.
        PlanItem summary = Assert.Single(plan.Items, item => item.Kind == ItemKind.Summary);
        Assert.DoesNotContain("blue one", summary.Text, StringComparison.Ordinal);
        Assert.Equal(
            [0, 1, 4],
            plan.Items.Where(item => item.Kind == ItemKind.Constraint).SelectMany(item => item.Sources).Order()
        );
    }

    [Fact]
    public void Plan_BeyondTheTokensOfQuotes_LetsTheOldestBeSummarised()
    {
        ContextPlan plan = Said().Plan(_policy with { Retention = new() { MaxTokens = 20 } });

        Assert.DoesNotContain("- Let's take the blue one.", plan.Block.Split('\n'));
        Assert.Contains("- Sorry, I meant the green one.", plan.Block.Split('\n'));
        Assert.Contains("- User: Let's take the blue one.", plan.Block.Split('\n'));
    }

    [Fact]
    public void Plan_BeyondTheTokensOfQuotesWithAModel_GivesTheOldestToItsNextSummary()
    {
        ScriptedModel model = new(request => request.Kind == ArtefactKind.Summary ? "Short." : "");
        Chat chat = Said();
        for (int i = 0; i < 3; i++)
        {
            chat = chat.Assistant("It weighs four kilos.").User("And that one?");
        }

        model.Plan(
            chat.Build(),
            _policy with
            {
                Retention = new() { MaxTokens = 20 },
                Summarize = new() { Model = "m" },
            }
        );

        string[] materials = [.. model.Asked.Select(request => request.Material)];
        Assert.Single(materials, text => text.Contains("user: Let's take the blue one.\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_WithChunksThatMayGo_KeepsTheirCallsAlone()
    {
        Chat chat = new Chat()
            .User("Find it.")
            .Call("c1", "search", "{\"query\":\"lamp\"}")
            .Result("c1", string.Join(' ', Enumerable.Repeat("chunk", 200)))
            .Assistant("Found.")
            .User("And now?");
        ContextPolicy policy = new()
        {
            Steps = [],
            Tools = new() { KeepResults = 0, ExtractAbove = 0 },
            Retention = new(),
        };

        ContextPlan plan = chat.Plan(policy);
        ContextPlan kept = chat.Plan(policy with { Retention = new() { Drop = [SaidKind.Filler] } });

        PlanItem placeholder = Assert.Single(plan.Items, item => item.Kind == ItemKind.Placeholder);
        Assert.Contains("search", placeholder.Text, StringComparison.Ordinal);
        Assert.Contains("lamp", placeholder.Text, StringComparison.Ordinal);
        Assert.Contains(
            "1 result of earlier turns became a placeholder",
            Assert.Single(plan.Applied).What,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(kept.Items, item => item.Kind == ItemKind.Placeholder);
    }

    [Theory]
    [InlineData("1 drop\n2 keep\n3 summarize", true)]
    [InlineData("I would keep all of them.", false)]
    [InlineData("1 drop\n2 keep", false)]
    public void Plan_WithAModel_TakesItsWordWhereItCanBeRead(string reply, bool isUsed)
    {
        ContextPolicy policy = _policy with { Retention = new() { Model = "m" } };
        ScriptedModel model = new(_ => reply);
        ContextSession session = model.Open(policy);
        foreach (Message message in Said().Build().Messages.Take(5))
        {
            model.Append(session, message);
        }

        ContextPlan plan = model.PlanOf(session);

        // One turn leaves: what is missing of it is asked for at once.
        Assert.Equal(["messages[0]", "messages[1]"], model.Asked.Select(request => request.Place));
        Assert.Equal(
            "user:\n1. Hi there!\n2. My order is LX-7.\n3. Let's take the blue one.\n",
            model.Asked[0].Material
        );
        Assert.Equal(isUsed, plan.Block.Contains("- My order is LX-7.", StringComparison.Ordinal));
        Assert.Equal(!isUsed, plan.Block.Contains("\n- Let's take the blue one.", StringComparison.Ordinal));
        Assert.Equal(isUsed ? 0 : 2, plan.Artefacts.Count(use => use.Failure is not null));
    }

    [Fact]
    public void Save_WithQuotes_GoesOnAsIfNothingHadBeenSaved()
    {
        Conversation chat = Said().Build();
        ContextSession session = Chat.Open(chat, _policy, 100_000);
        foreach (Message message in chat.Messages.Take(8))
        {
            session.Append(message);
        }

        PlanState state = Chat.Saved(session);
        ContextSession resumed = Chat.Resume(state, chat, _policy, new ContextInputs());
        resumed.Append(chat.Messages[8]);

        Assert.NotEmpty(state.Kept!);
        Assert.Equal(Said().Plan(_policy).Block, resumed.Plan().Block);
    }
}
