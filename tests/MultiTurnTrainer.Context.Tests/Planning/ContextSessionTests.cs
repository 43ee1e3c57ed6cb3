using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Context.Tests.Planning;

public class ContextSessionTests
{
    private static readonly ContextPolicy _windowOnly = new()
    {
        Summary = new() { MaxTokens = 0 },
        Steps = [],
    };

    [Theory]
    [InlineData(12, 0)]
    [InlineData(13, 6)]
    [InlineData(18, 6)]
    [InlineData(19, 12)]
    [InlineData(200, 192)]
    public void Plan_UnderAWindow_DropsWholeTurnsOldestFirst(int turns, int firstTurn)
    {
        ContextPlan plan = new Chat().System("Be brief.").Turns(turns - 1).User("And now?").Plan(_windowOnly);

        int[] shown = [.. plan.Items.SelectMany(item => item.Sources)];
        Assert.Equal(firstTurn, plan.FirstTurn);
        Assert.Equal([0, .. Enumerable.Range(1 + (2 * firstTurn), (2 * (turns - firstTurn)) - 1)], shown);
        Assert.True(turns - firstTurn <= 12);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(2000)]
    public void ThresholdOf_AStep_IsWhereItBegins(int systemCharacters)
    {
        // A step that changes nothing: the plan has the size that its trigger looked at.
        PolicyStep step = new()
        {
            When = new Trigger { Fraction = 0.6 },
            Do = [StepAction.Notify],
        };
        ContextPolicy policy = _windowOnly with
        {
            History = new() { Turns = 0, Bite = 1 },
            Overflow = OverflowMode.Allow,
            Steps = [step],
        };
        List<bool> reached = [];
        for (int turns = 0; turns < 16; turns++)
        {
            ContextPlan plan = new Chat()
                .System(new string('s', systemCharacters))
                .Turns(turns)
                .User("And now?")
                .Plan(policy, 1000);
            reached.Add(plan.Applied.Count > 0);
            Assert.Equal(plan.Applied.Count > 0, plan.Parts.Prompt >= plan.ThresholdOf(step));
            Assert.Null(plan.ThresholdOf(new PolicyStep { When = new Trigger { Tokens = 5 } }));
        }

        Assert.Equal([false, true], reached.Distinct());
    }

    [Fact]
    public void Plan_WithABiteOfOne_SlidesTurnByTurn()
    {
        ContextPolicy policy = _windowOnly with
        {
            History = new() { Turns = 12, Bite = 1 },
        };

        ContextPlan plan = new Chat().Turns(39).User("And now?").Plan(policy);

        Assert.Equal(28, plan.FirstTurn);
        Assert.Equal(28, plan.Layout);
        Omission left = Assert.Single(plan.LeftOut);
        Assert.Equal((0, 55), (left.First, left.Last));
    }

    [Fact]
    public void Plan_OfAResumedSessionWithFewerMessagesThanAStepKeeps_IsTheSame()
    {
        ContextPolicy policy = _windowOnly with
        {
            History = new() { Turns = 2, Bite = 1 },
            Steps =
            [
                new()
                {
                    When = new() { Tokens = 1 },
                    Do = [StepAction.SummarizeMessages],
                    KeepMessages = 50,
                },
            ],
        };
        Conversation record = new Chat().Turns(20).User("And now?").Build();
        ContextSession whole = Chat.Open(record, policy, 10_000);
        foreach (Message message in record.Messages.SkipLast(1))
        {
            whole.Append(message);
        }

        PlanState state = whole.Save()!;
        ContextSession resumed = new(
            policy,
            ContextInputs.Of(record),
            new FourCharacters(),
            10_000,
            state,
            record.Messages.Skip(state.From).SkipLast(1)
        );
        whole.Append(record.Messages[^1]);
        resumed.Append(record.Messages[^1]);

        Assert.True(state.From > 30);
        Assert.Equal(
            whole.Plan().Items.SelectMany(item => item.Sources),
            resumed.Plan().Items.SelectMany(i => i.Sources)
        );
    }

    [Fact]
    public void Plan_OfALongConversation_KeepsTheSystemPromptAndTheConstraints()
    {
        ContextPlan plan = new Chat()
            .System("You are Lumo's assistant.")
            .User("Never mention prices. How are you?")
            .Assistant("Fine.")
            .Turns(120, words: 60)
            .User("And now?")
            .Plan(new ContextPolicy(), 2000);

        Assert.Equal(ItemKind.System, plan.Items[0].Kind);
        PlanItem constraint = plan.Items.Single(item => item.Kind == ItemKind.Constraint);
        Assert.Equal(("Never mention prices.", 1), (constraint.Text, constraint.Sources[0]));
        Assert.Contains("Never mention prices.", plan.Block);
        Assert.True(plan.Parts.Prompt <= plan.Parts.Budget);
    }

    [Fact]
    public void Plan_OverAThreshold_GoesOnToHalfTheBudget()
    {
        ContextPolicy policy = new() { History = new() { Turns = 0 } };
        Conversation conversation = new Chat().Turns(60, words: 60).Build();
        ContextSession session = Chat.Open(conversation, policy, 4000);
        int reductions = 0;
        foreach (Message message in conversation.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                ContextPlan plan = session.Plan();
                foreach (AppliedStep step in plan.Applied)
                {
                    reductions++;
                    Assert.True(step.Before >= 0.6 * plan.Parts.Budget);
                    Assert.True(step.After <= 0.5 * plan.Parts.Budget, $"{step.After} of {plan.Parts.Budget}");
                }
            }

            session.Append(message);
        }

        // Large bites: about one in five calls, not every call.
        Assert.InRange(reductions, 2, 15);
    }

    [Fact]
    public void Plan_WithOldToolResults_ReplacesThemBeforeTurnsLeave()
    {
        Chat chat = new Chat().System("S");
        for (int i = 0; i < 6; i++)
        {
            chat.User($"Where is order {i}?")
                .Call($"c{i}", "get_order", $$"""{"order_id": "W{{i}}"}""")
                .Result($"c{i}", $$"""{"order_id": "W{{i}}", "note": "{{new string('x', 1200)}}"}""")
                .Assistant("On its way.");
        }

        ContextPlan plan = chat.User("Thanks. And the next?").Plan(new ContextPolicy(), 2500);

        PlanItem[] placeholders = [.. plan.Items.Where(item => item.Kind == ItemKind.Placeholder)];
        Assert.Equal(0, plan.FirstTurn);
        Assert.NotEmpty(placeholders);
        Assert.Contains("get_order({\"order_id\": \"W0\"})", placeholders[0].Text);
        Assert.Contains("order_id=W0", placeholders[0].Text);
        Assert.All(plan.Items.TakeLast(4), item => Assert.NotEqual(ItemKind.Placeholder, item.Kind));
    }

    [Fact]
    public void Plan_WithAHugeResult_HoldsItsFacts()
    {
        string rows = string.Join(
            ",",
            Enumerable.Range(0, 400).Select(i => $$"""{"text": "some words {{i}}", "item_id": {{i}}}""")
        );
        ContextPlan plan = new Chat()
            .User("List them.")
            .Call("c", "list", "{}")
            .Result("c", $"[{rows}]")
            .Plan(
                new ContextPolicy
                {
                    Tools = new() { ExtractAbove = 500, ExtractTo = 100 },
                }
            );

        PlanItem facts = plan.Items.Single(item => item.Kind == ItemKind.Facts);
        Assert.True(facts.Tokens <= 110);
        Assert.Contains("[0].item_id: 0", facts.Text);
    }

    [Fact]
    public void Plan_NearTheLimit_NotifiesAndKeepsKeyFactsOnly()
    {
        ContextPolicy policy = new()
        {
            History = new() { Turns = 0 },
            Steps =
            [
                new()
                {
                    When = new() { Fraction = 0.6 },
                    Do = [StepAction.SummarizeTurns, StepAction.KeyFacts, StepAction.Notify],
                },
            ],
        };

        Conversation conversation = new Chat()
            .User("My order is 77-41.")
            .Assistant("I recommend the blue one.")
            .Turns(20, words: 100)
            .Build();
        ContextSession session = Chat.Open(conversation, policy, 3500);
        List<Notice> notices = [];
        foreach (Message message in conversation.Messages)
        {
            if (message.Role == Role.Assistant)
            {
                notices.AddRange(session.Plan().Notices);
            }

            session.Append(message);
        }

        Assert.Contains(notices, notice => notice.Code == "summarized");
        Assert.Contains("77-41", session.Plan().Block);
        Assert.DoesNotContain("Proposed", session.Plan().Block);
    }

    [Fact]
    public void Plan_AfterDaysOfPause_SummarisesWhatWasBefore()
    {
        JsonArray stamps = ["2026-01-01T10:00:00Z", "2026-01-01T10:00:10Z", "2026-01-09T10:00:00Z"];
        ContextPlan plan = new Chat()
            .User("My order is 77-41, what about it?")
            .Assistant("It is on its way.")
            .User("I'm back. Is it there?")
            .Plan(new ContextPolicy(), metadata: new JsonObject { ["timestamps"] = stamps });

        Assert.Equal(1, plan.FirstTurn);
        Assert.Contains(plan.Notices, notice => notice.Code == "resumed");
        Assert.Contains("resumed after 8 days", plan.LeftOut[0].Reason);
    }

    [Fact]
    public void Plan_AfterAConfirmedSubtask_StartsAfresh()
    {
        ContextPolicy policy = new() { Session = new() { SplitSubtasks = true } };
        Chat chat = new Chat()
            .User("Fix the typo in order 12.")
            .Assistant("Done.")
            .User("Thanks, that did it!")
            .Assistant("You're welcome.")
            .User("Now something else.");

        Assert.Equal(2, chat.Plan(policy).FirstTurn);
        Assert.Equal(0, chat.Plan(new ContextPolicy()).FirstTurn);
    }

    [Fact]
    public void Plan_OfAnUnusuallyLongSession_OffersAResetOnce()
    {
        ContextPolicy policy = new() { Session = new() { OfferResetAfter = 30 } };

        Assert.Contains(new Chat().Turns(29).User("?").Plan(policy).Notices, notice => notice.Code == "offer-reset");
        Assert.Empty(new Chat().Turns(30).User("?").Plan(policy).Notices);
    }

    [Fact]
    public void Plan_WithAPersona_RepeatsItEveryFewTurns()
    {
        ContextPolicy policy = new()
        {
            Persona = new()
            {
                Text = "You are Captain Bell.",
                Reminder = "Stay Captain Bell.",
                Every = 3,
            },
        };

        ContextPlan plan = new Chat().Turns(6).User("And?").Plan(policy);

        Assert.Equal("You are Captain Bell.", plan.Block);
        Assert.Equal(2, plan.Items.Count(item => item is { Kind: ItemKind.Reminder, Text: "[Stay Captain Bell.]" }));
    }

    [Fact]
    public void Plan_WithANonNegotiableConstraint_RepeatsItUntilItIsWithdrawn()
    {
        ContextPolicy policy = new() { Constraints = new() { RepeatEvery = 2 } };
        Chat chat = new Chat().User("Under no circumstances use Python.").Assistant("Fine.").Turns(3);

        Assert.Equal(2, chat.Plan(policy).Items.Count(item => item.Kind == ItemKind.Reminder));
        ContextPlan after = chat.User("You can use Python again now.").Plan(policy);
        Assert.Empty(after.Constraints);
        Assert.DoesNotContain(after.Items, item => item.Kind is ItemKind.Reminder or ItemKind.Constraint);
    }

    [Fact]
    public void Plan_WithStateAndDocuments_HoldsThemWithinTheirCap()
    {
        ContextPolicy policy = new()
        {
            State = new Dictionary<string, string> { ["goal"] = "refund", ["tier"] = "gold" },
            Documents = new() { MaxTokens = 20, Place = DocumentPlacement.Block },
        };
        JsonObject row = new()
        {
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "?" }),
            ["documents"] = new JsonArray("First short one.", new string('x', 400), "Third."),
            ["metadata"] = new JsonObject
            {
                ["state"] = new JsonArray(
                    new JsonObject
                    {
                        ["turn"] = 0,
                        ["name"] = "goal",
                        ["value"] = "exchange",
                    },
                    new JsonObject
                    {
                        ["turn"] = 5,
                        ["name"] = "tier",
                        ["value"] = "none",
                    }
                ),
            },
        };
        Conversation conversation = Conversation.FromJson(JsonText.ToView(row));

        ContextPlan plan = Chat.PlanOf(conversation, policy, 1000);

        Assert.Equal([0, 2], plan.Documents);
        Assert.Contains("goal: exchange\ntier: gold", plan.Block);
        Assert.Contains("[1] First short one.\n[3] Third.", plan.Block);
    }

    [Fact]
    public void Plan_WithABudgetThatIsTooSmall_SaysWhichPartIsTooLarge()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new Chat().System(new string('s', 4000)).User("?").Plan(new ContextPolicy(), 500)
        );

        Assert.Contains("the system prompt 1,007", problem.Message);
        Assert.Contains("Shorten the system prompt", problem.Remedy);
    }

    [Fact]
    public void Plan_WithAMessageLargerThanTheWindow_IsRefusedWithItsPlace()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new Chat().Turns(3).User(new string('u', 9000)).Plan(new ContextPolicy(), 1000)
        );

        Assert.StartsWith("messages[6]: ", problem.Message);
        Assert.Contains("Shorten the newest turn", problem.Remedy);
    }

    [Fact]
    public void Plan_OfTenThousandEmptyTurns_IsPlanned()
    {
        Chat chat = new();
        for (int i = 0; i < 10_000; i++)
        {
            chat.User("").Assistant("");
        }

        ContextPlan plan = chat.User("").Plan(new ContextPolicy(), 1000);

        Assert.Equal(10_000, plan.Turn);
        Assert.True(plan.Parts.Prompt <= plan.Parts.Budget);
    }

    [Theory]
    [InlineData("c2", "messages[2]: answers the call 'c2', which nobody made")]
    public void Append_OfAResultOfAnotherCall_IsRefused(string id, string expected)
    {
        Chat chat = new Chat().User("?").Call("c1", "f", "{}").Result(id, "x");

        MttException problem = Assert.Throws<MttException>(() => chat.Plan(new ContextPolicy()));

        Assert.Equal(expected, problem.Message);
        Assert.NotNull(problem.Remedy);
    }

    [Fact]
    public void Append_OfAResultWithoutACall_IsRefused()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new Chat().User("?").Result(null, "x").Plan(new ContextPolicy())
        );

        Assert.StartsWith("messages[1]: a tool's result without a call", problem.Message);
    }

    [Fact]
    public void Refit_WithARealPromptOverTheBudget_LetsMoreLeave()
    {
        ContextPolicy policy = new()
        {
            History = new() { Turns = 0 },
            Steps = [],
        };
        Conversation conversation = new Chat().Turns(10, words: 30).User("?").Build();
        ContextSession session = Chat.Open(conversation, policy, 1000);
        foreach (Message message in conversation.Messages)
        {
            session.Append(message);
        }

        ContextPlan before = session.Plan();
        ContextPlan after = session.Refit(before.Parts.Budget + 200);

        Assert.True(after.FirstTurn > before.FirstTurn);
        Assert.True(after.Parts.Prompt <= after.Parts.Budget);
    }

    [Fact]
    public void Correct_WithAServersUsage_MovesTheEstimates()
    {
        Conversation conversation = new Chat().User("How are you?").Build();
        ContextSession session = Chat.Open(conversation, new ContextPolicy(), 1000);
        session.Append(conversation.Messages[0]);
        int estimated = session.Plan().Parts.Prompt;

        session.Correct(estimated + 11);
        session.Append(new Chat().Assistant("Fine.").Build().Messages[0]);
        session.Append(new Chat().User("Good.").Build().Messages[0]);

        Assert.Equal(estimated + 11 + 6 + 6, session.Plan().Parts.Prompt);
    }

    [Fact]
    public void Plan_WhileSomebodyListens_IsASpanWithMeters()
    {
        ConcurrentBag<string> spans = [];
        ConcurrentBag<string> meters = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == ContextTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => spans.Add(span.OperationName),
        };
        ActivitySource.AddActivityListener(listener);
        using MeterListener meter = new();
        meter.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ContextTelemetry.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        meter.SetMeasurementEventCallback<int>((instrument, _, _, _) => meters.Add(instrument.Name));
        meter.SetMeasurementEventCallback<double>((instrument, _, _, _) => meters.Add(instrument.Name));
        meter.Start();

        new Chat().Turns(30, words: 60).User("?").Plan(new ContextPolicy { History = new() { Turns = 0 } }, 2000);

        Assert.Contains("context.assemble", spans);
        Assert.Contains("context.compress", spans);
        Assert.Contains("context.tokens", meters);
        Assert.Contains("context.compression_ratio", meters);
    }
}
