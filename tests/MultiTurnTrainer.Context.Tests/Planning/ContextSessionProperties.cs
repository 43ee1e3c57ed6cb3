using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Prompts;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>What holds for every conversation of up to 200 turns with tools and for every policy.</summary>
public class ContextSessionProperties
{
    private static readonly string[] _words =
    [
        "Where is my parcel?",
        "Please do not use abbreviations.",
        "Never mention the price.",
        "I'd prefer the blue one.",
        "Let's go with plan B.",
        "Thanks!",
        "No wait, I meant 45, not 54.",
        "请不要使用英文。",
        "Bitte keine Tabellen.",
        "You can use abbreviations again now.",
        "",
    ];

    [Fact]
    public void Plan_OfAnyConversation_HoldsWhatItMust() =>
        Prop.ForAll(AnyCase().ToArbitrary(), Holds).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases(25)));

    [Fact]
    public void Plan_WhicheverPlansWereAskedBefore_IsTheSame() =>
        Prop.ForAll(AnyCase().ToArbitrary(), IsPure).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases(15)));

    [Fact]
    public void Plan_OfASessionThatWasSavedAndResumed_IsTheSame() =>
        Prop.ForAll(AnyCase().ToArbitrary(), IsResumable).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases(25)));

    private sealed record Case(int Seed, int Turns, ContextPolicy Policy, int Window);

    // The nightly run takes many more.
    private static int Cases(int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable("MTT_POLICY_CASES"), out int wanted) ? wanted : standard;

    private static Gen<Case> AnyCase() =>
        from seed in Gen.Choose(0, 1_000_000)
        from turns in Gen.Choose(1, 200)
        from window in Gen.Choose(600, 6000)
        from limit in Gen.Choose(0, 20)
        from bite in Gen.Choose(1, 6)
        from cap in Gen.Elements(0, 40, 250)
        from keep in Gen.Choose(0, 3)
        from extract in Gen.Elements(0, 60, 400)
        from repeat in Gen.Elements(0, 1, 5)
        from place in Gen.Elements(ConstraintPlacement.Always, ConstraintPlacement.RolledOff)
        from placement in Gen.Elements(0, 1)
        from threshold in Gen.Elements(0.3, 0.6, 0.9)
        from action in Gen.Elements(Enum.GetValues<StepAction>())
        from retrieval in Gen.Elements(
            null,
            null,
            new RetrievalPolicy(),
            new RetrievalPolicy
            {
                Exchanges = 5,
                MaxTokens = 200,
                MinScore = 0,
            }
        )
        select new Case(
            seed,
            turns,
            new ContextPolicy
            {
                History = new() { Turns = limit, Bite = Math.Max(1, Math.Min(bite, limit)) },
                Summary = new() { MaxTokens = cap, Proposals = seed % 2 == 0 },
                Tools = new()
                {
                    KeepResults = keep,
                    ExtractAbove = extract,
                    ExtractTo = Math.Max(16, extract / 2),
                },
                Constraints = new() { Place = place, RepeatEvery = repeat },
                Persona = new() { Text = seed % 3 == 0 ? "You are Bell." : "", Every = seed % 3 == 0 ? 4 : 0 },
                Session = new() { SplitSubtasks = seed % 5 == 0 },
                Retrieval = retrieval,
                Steps =
                [
                    new()
                    {
                        When = new() { Fraction = threshold },
                        Do = [StepAction.ClearToolResults, action],
                        To = 0.25,
                    },
                ],
            },
            window
        );

    private static bool Holds(Case test)
    {
        Conversation conversation = Record(test);
        ContextSession session = Chat.Open(conversation, test.Policy, test.Window);
        List<Message> record = [];
        try
        {
            foreach (Message message in conversation.Messages)
            {
                if (message.Role == Role.Assistant)
                {
                    ContextPlan plan = session.Plan();
                    Assert.True(plan.Parts.Prompt <= plan.Parts.Budget);
                    AssertGroups(plan, record);
                    AssertConstraints(plan, record);
                    AssertRetrieved(plan, record, test.Policy.Retrieval);
                }

                session.Append(message);
                record.Add(message);
            }
        }
        catch (MttException problem)
        {
            // A budget may be too small for what may not leave; then the message says so.
            Assert.Contains("nothing in it may leave", problem.Message);
        }

        return true;
    }

    private static bool IsPure(Case test)
    {
        Conversation conversation = Record(test);
        ContextSession asked = Chat.Open(conversation, test.Policy, test.Window);
        ContextSession silent = Chat.Open(conversation, test.Policy, test.Window);
        string? one = Last(asked, conversation, asks: true);
        string? other = Last(silent, conversation, asks: false);

        Assert.Equal(one, other);
        return true;
    }

    /// <summary>One session plans all, the other is written down and read again after about every fifth answer.</summary>
    private static bool IsResumable(Case test)
    {
        Conversation conversation = Record(test, withNotes: true);
        Random random = new(test.Seed);
        ContextSession whole = Chat.Open(conversation, test.Policy, test.Window);
        ContextSession resumed = Chat.Open(conversation, test.Policy, test.Window);
        try
        {
            for (int i = 0; i < conversation.Messages.Count; i++)
            {
                Message message = conversation.Messages[i];
                if (message.Role == Role.Assistant)
                {
                    // A plan that nobody answers leaves no trace.
                    Assert.Equal(Written(whole.Plan()), Written(resumed.Plan()));
                    Assert.Null(resumed.Save());
                }

                whole.Append(message);
                resumed.Append(message);
                if (random.Next(5) == 0 && resumed.Save() is { } state)
                {
                    resumed = Resume(test, conversation, RecordJson.Read<PlanState>(RecordJson.ToLine(state)), i + 1);
                    if (random.Next(2) == 0)
                    {
                        Assert.Equal(Written(whole.Plan()), Written(resumed.Plan()));
                    }
                }
            }
        }
        catch (MttException problem)
        {
            Assert.Contains("nothing in it may leave", problem.Message);
        }

        return true;
    }

    private static ContextSession Resume(Case test, Conversation conversation, PlanState state, int count) =>
        new(
            test.Policy,
            ContextInputs.Of(conversation),
            new FourCharacters(),
            test.Window,
            state,
            conversation
                .Messages.Take(state.Leading)
                .Concat(conversation.Messages.Skip(state.From).Take(count - state.From))
        );

    private static string Written(ContextPlan plan) => System.Text.Json.JsonSerializer.Serialize(plan);

    private static string? Last(ContextSession session, Conversation conversation, bool asks)
    {
        try
        {
            foreach (Message message in conversation.Messages.SkipLast(1))
            {
                if (asks)
                {
                    session.Plan();
                    session.Plan();
                }

                session.Append(message);
            }

            return System.Text.Json.JsonSerializer.Serialize(session.Plan() with { Applied = [], Notices = [] });
        }
        catch (MttException problem)
        {
            return problem.Message;
        }
    }

    private static void AssertGroups(ContextPlan plan, List<Message> record)
    {
        HashSet<int> shown =
        [
            .. plan
                .Items.Where(item => item.Kind is ItemKind.Message or ItemKind.Facts or ItemKind.Placeholder)
                .Select(item => item.Sources[0]),
        ];
        for (int i = 1; i < record.Count; i++)
        {
            if (record[i].Role is Role.Tool or Role.Assistant)
            {
                // A result goes with its call, an answer with the words it answers.
                Assert.Equal(shown.Contains(i - 1) || record[i - 1].Role == Role.System, shown.Contains(i));
            }
        }

        int[] order = [.. shown.Order()];
        Assert.Equal(Enumerable.Range(order[0], order.Length), order);
    }

    private static void AssertConstraints(ContextPlan plan, List<Message> record)
    {
        string text = string.Join(
            '\n',
            PromptMessages
                .Of(plan, record)
                .Select(message => $"{message.Head}\n{message.Content ?? message.Original!.Content}")
        );
        Assert.All(plan.Constraints, constraint => Assert.Contains(constraint.Text, text, StringComparison.Ordinal));
    }

    /// <summary>What came back has left, came once, is whole and within its cap.</summary>
    private static void AssertRetrieved(ContextPlan plan, List<Message> record, RetrievalPolicy? policy)
    {
        int shown = plan.Items.First(item => item.Kind == ItemKind.Message).Sources[0];
        int[] sources = [.. plan.Retrieved.SelectMany(item => item.Sources)];
        Assert.Equal(sources.Length, sources.Distinct().Count());
        Assert.All(sources, source => Assert.InRange(source, 0, shown - 1));
        Assert.All(
            plan.Retrieved,
            item =>
            {
                int end = item.Sources[^1] + 1;
                Assert.Equal(Role.User, record[item.Sources[0]].Role);
                Assert.Equal(Enumerable.Range(item.Sources[0], item.Sources.Count), item.Sources);
                Assert.Equal(Role.User, record[end].Role);
                Assert.All(item.Sources.Skip(1), source => Assert.NotEqual(Role.User, record[source].Role));
                Assert.All(
                    item.Sources,
                    source => Assert.Contains(record[source].Content ?? "", item.Text, StringComparison.Ordinal)
                );
                Assert.InRange(item.Tokens, 1, policy!.MaxTokens);
            }
        );
    }

    private static Conversation Record(Case test, bool withNotes = false)
    {
        Random random = new(test.Seed);
        Chat chat = new Chat().System("You are an assistant.");
        for (int turn = 0; turn < test.Turns; turn++)
        {
            chat.User($"{_words[random.Next(_words.Length)]} {new string('u', random.Next(60))}");
            for (int call = random.Next(3); call > 0; call--)
            {
                chat.Call($"c{turn}-{call}", "look_up", $$"""{"q": {{turn}}}""")
                    .Result(
                        $"c{turn}-{call}",
                        $$"""{"id": {{turn}}, "text": "{{new string('r', random.Next(600))}}"}"""
                    );
            }

            if (withNotes && random.Next(20) == 0)
            {
                chat.System($"Note {turn}: be polite.");
            }

            chat.Assistant(new string('a', random.Next(300)));
        }

        return chat.Build();
    }
}
