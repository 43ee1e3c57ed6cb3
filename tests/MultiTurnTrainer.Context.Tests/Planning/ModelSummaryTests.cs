using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Planning;

/// <summary>Summaries that a model writes: asked for once, judged, rolled on; without effect where they fail.</summary>
public class ModelSummaryTests
{
    private static readonly ContextPolicy _window = new()
    {
        History = new() { Turns = 4, Bite = 2 },
        Summary = new() { MaxTokens = 100 },
        Steps = [],
    };

    private static readonly ContextPolicy _model = _window with { Summarize = new() { Model = "m" } };

    [Fact]
    public void Plan_WithAModel_RollsTheSummaryOn()
    {
        ScriptedModel model = new(request => $"summary {request.Place}");

        ContextPlan plan = model.Plan(new Chat().Turns(8).User("And now?").Build(), _model);

        Assert.Equal(["messages[0..3]", "messages[4..7]", "messages[8..11]"], model.Asked.Select(asked => asked.Place));
        Assert.StartsWith(
            "Messages:\nuser: What about thing number 0?",
            model.Asked[0].Material,
            StringComparison.Ordinal
        );
        Assert.StartsWith("Summary so far:\nsummary messages[0..3]", model.Asked[1].Material, StringComparison.Ordinal);
        Assert.DoesNotContain("number 1?", model.Asked[1].Material, StringComparison.Ordinal);
        Assert.Contains("no more than 87 tokens", model.Asked[1].Prompt, StringComparison.Ordinal);
        PlanItem summary = Assert.Single(plan.Items, item => item.Kind == ItemKind.Summary);
        Assert.Equal("Earlier in this conversation, summarised:\nsummary messages[8..11]", summary.Text);
        Assert.Equal(Enumerable.Range(0, 12), summary.Sources);
    }

    [Theory]
    [InlineData("", "wrote nothing")]
    [InlineData("long", "where 87 are allowed")]
    [InlineData("longer", "and what it replaces")]
    public void Plan_WhereASummaryFails_IsWhatTheRulesGive(string text, string reason)
    {
        Conversation chat = new Chat().Turns(4, i => $"I am N{i}.", words: 1).User("And now?").Build();
        string said = text switch
        {
            "long" => new string('x', 400),
            "longer" => new string('x', 250),
            _ => text,
        };
        ScriptedModel model = new(_ => said);

        ContextPlan plan = model.Plan(chat, _model);

        Assert.Equal(Chat.PlanOf(chat, _window, 100_000).Block, plan.Block);
        ArtefactUse use = Assert.Single(plan.Artefacts);
        Assert.Contains(reason, use.Failure, StringComparison.Ordinal);
        Assert.Equal((9, 3), (use.PromptTokens, use.CompletionTokens));
    }

    [Fact]
    public void Plan_AfterAFailure_CoversWhatWaitedWithTheNextSummary()
    {
        ScriptedModel model = new(request => request.Place == "messages[0..3]" ? "" : "all of it");

        ContextPlan plan = model.Plan(new Chat().Turns(6).User("And now?").Build(), _model);

        Assert.Equal(["messages[0..3]", "messages[0..7]"], model.Asked.Select(asked => asked.Place));
        Assert.Equal("Earlier in this conversation, summarised:\nall of it", plan.Block);
    }

    [Fact]
    public void Plan_WhereAStepsSummaryFails_LetsNothingLeave()
    {
        ContextPolicy policy = _model with
        {
            History = new() { Turns = 0, Bite = 1 },
            Steps =
            [
                new()
                {
                    When = new() { Turns = 5 },
                    Do = [StepAction.SummarizeTurns],
                    To = 0.01,
                },
            ],
        };
        Conversation chat = new Chat().Turns(6, words: 100).User("And now?").Build();

        ContextPlan failed = new ScriptedModel(_ => " ").Plan(chat, policy);
        ContextPlan made = new ScriptedModel(_ => "short").Plan(chat, policy);

        Assert.Equal(chat.Messages.Count, failed.Items.Count(item => item.Kind == ItemKind.Message));
        Assert.Equal("", failed.Block);
        Assert.Empty(failed.Applied);
        Assert.True(made.FirstTurn > 0);
        Assert.Contains("short", made.Block, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("few facts", "few facts")]
    [InlineData("", "the long summary")]
    public void KeyFacts_OfAModelsSummary_AreTheModelsToo(string facts, string expected)
    {
        ContextPolicy policy = _model with
        {
            History = new() { Turns = 0, Bite = 1 },
            Steps =
            [
                new()
                {
                    When = new() { Turns = 7 },
                    Do = [StepAction.SummarizeTurns, StepAction.KeyFacts],
                    To = 0.01,
                },
            ],
        };
        ScriptedModel model = new(request =>
            request.Kind == ArtefactKind.Facts ? facts : "the long summary, which is long"
        );

        ContextPlan plan = model.Plan(new Chat().Turns(6, words: 100).User("And now?").Build(), policy);

        Assert.Contains(expected, plan.Block, StringComparison.Ordinal);
        Assert.Equal(facts.Length > 0, plan.Applied.Any(step => step.What == "the summary keeps key facts only"));
    }

    [Fact]
    public void Plan_WithoutTheRecord_NamesWhatIsMissingAndStandsWhereItStood()
    {
        Conversation chat = new Chat().Turns(4).User("And now?").Build();
        RowArtefacts made = new();
        ContextSession session = new(_model, new ContextInputs { Artefacts = made }, new FourCharacters(), 100_000);
        foreach (Message message in chat.Messages)
        {
            session.Append(message);
        }

        ArtefactMissingException missing = Assert.Throws<ArtefactMissingException>(() => session.Plan());
        Assert.Throws<ArtefactMissingException>(() => session.Plan());
        made.Add(Artefact.Of(missing.Missing[0]) with { Text = "made later" });
        ContextPlan plan = session.Plan();

        Assert.Contains("messages[0..3]: no summary by 'm'", missing.Message, StringComparison.Ordinal);
        ContextPlan fresh = new ScriptedModel(_ => "made later").Plan(chat, _model);
        Assert.Equal((fresh.Block, fresh.Layout, fresh.Parts), (plan.Block, plan.Layout, plan.Parts));
        Assert.Equal(fresh.Applied, plan.Applied);
    }

    [Fact]
    public void Save_WithWhatWaits_GoesOnAsIfNothingHadBeenSaved()
    {
        // The first summary fails: its messages wait while the plans are saved.
        static string Say(ArtefactRequest request) => request.Place == "messages[0..3]" ? "" : $"of {request.Place}";
        Conversation chat = new Chat().Turns(8).User("And now?").Build();
        ScriptedModel model = new(Say);
        ContextSession session = model.Open(_model);
        foreach (Message message in chat.Messages.Take(10))
        {
            model.Append(session, message);
        }

        PlanState state = Chat.Saved(session);
        ContextSession resumed = Chat.Resume(state, chat, _model, new ContextInputs { Artefacts = model });
        foreach (Message message in chat.Messages.Skip(10))
        {
            model.Append(resumed, message);
        }

        Assert.Equal([0, 1, 2, 3], state.Waiting!.Indexes);
        Assert.Equal(new ScriptedModel(Say).Plan(chat, _model).Block, model.PlanOf(resumed).Block);
    }

    [Fact]
    public void Fingerprint_OfAPolicy_HoldsModelAndPromptAndIgnoresSectionsThatAreNotThere()
    {
        string[] fingerprints =
        [
            PolicyFingerprint.Of(_window),
            PolicyFingerprint.Of(_model),
            PolicyFingerprint.Of(_window with { Summarize = new() { Model = "n" } }),
            PolicyFingerprint.Of(
                _window with
                {
                    Summarize = new() { Model = "m", Prompt = "Else." },
                }
            ),
        ];

        Assert.Equal(4, fingerprints.Distinct().Count());
        Assert.DoesNotContain("summarize\":", PolicyFingerprint.Canonical(_window), StringComparison.Ordinal);
        Assert.Contains("\"window\":null", PolicyFingerprint.Canonical(_window), StringComparison.Ordinal);
    }
}
