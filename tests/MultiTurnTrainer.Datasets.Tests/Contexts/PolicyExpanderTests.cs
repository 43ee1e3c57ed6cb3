using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Runs;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Datasets.Tests.Contexts;

/// <summary>Rows by exact prefix: every answer once, in the context that serving gives it.</summary>
public class PolicyExpanderTests
{
    [Fact]
    public void Expand_UnderAPolicyThatRewritesNothing_GivesOneRow()
    {
        Conversation conversation = Policies.Read(Policies.Row(1, 8));
        PolicyExpander expander = new(new PolicyModel(PolicyPresets.Find("naive")!, Policies.Model));

        ExpandedRow row = Assert.Single(expander.Expand(conversation));

        Assert.Equal(conversation.Messages.Count, row.Row.Messages.Count);
        Assert.Equal("c1", row.Row.Id);
        Assert.Equal(1, expander.Counts.Rows);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Expand_UnderAPolicyThatRewrites_TrainsEveryAnswerOnce(int seed)
    {
        Conversation conversation = Policies.Read(Policies.Row(seed, 40));
        PolicyExpander expander = new(new PolicyModel(Policies.Busy, Policies.Model, 900));

        IReadOnlyList<ExpandedRow> rows = expander.Expand(conversation);

        List<int> trained = [];
        foreach (ExpandedRow row in rows)
        {
            Assert.Equal(row.Sources.Count, row.Row.Messages.Count);
            for (int i = 0; i < row.Sources.Count; i++)
            {
                Message message = row.Row.Messages[i];
                bool learned = message.Role == Role.Assistant && row.Row.Supervision.WeightOf(i) > 0;
                trained.AddRange(learned ? [row.Sources[i]] : []);
                if (message.Role == Role.System)
                {
                    Assert.Equal(0, row.Row.Supervision.WeightOf(i));
                }
            }
        }

        int[] answers =
        [
            .. Enumerable
                .Range(0, conversation.Messages.Count)
                .Where(i =>
                    conversation.Messages[i].Role == Role.Assistant && conversation.Supervision.WeightOf(i) > 0
                ),
        ];
        Assert.True(rows.Count > 1);
        Assert.Equal(answers, trained.Order());
        Assert.Equal(answers.Length, expander.Counts.Answers);
    }

    [Fact]
    public void Expand_Rows_SayTurnSourcesAndFingerprint()
    {
        JsonObject source = Policies.Row(4, 20);
        source["metadata"] = new JsonObject { ["origin"] = "shop" };
        PolicyExpander expander = new(new PolicyModel(Policies.Busy, Policies.Model, 900));

        ExpandedRow row = expander.Expand(Policies.Read(source))[^1];

        JsonView metadata = row.Row.Metadata!.Value;
        JsonView context = metadata.GetProperty("context");
        Assert.Equal("shop", metadata.GetProperty("origin").GetString());
        Assert.Equal(PolicyFingerprint.Of(Policies.Busy), context.GetProperty("fingerprint").GetString());
        Assert.Equal(row.Row.Messages.Count, context.GetProperty("sources").GetArrayLength());
        Assert.Equal(19, context.GetProperty("turn").EnumerateArray().Last().GetInt32());
        Assert.Matches("^c4#[0-9]+$", row.Row.Id);
    }

    [Fact]
    public void Expand_OfARowThatIsPrepared_LeavesItOrRefusesAnotherPolicy()
    {
        PolicyExpander expander = new(new PolicyModel(Policies.Busy, Policies.Model, 900));
        Conversation made = expander.Expand(Policies.Read(Policies.Row(5, 20)))[1].Row;

        Assert.Same(made, Assert.Single(expander.Expand(made)).Row);
        PolicyExpander other = new(new PolicyModel(new ContextPolicy(), Policies.Model, 900));
        MttException problem = Assert.Throws<MttException>(() => other.Expand(made));
        Assert.Contains("another policy", problem.Message);
    }

    [Fact]
    public void Write_ConversationThatThePolicyRefuses_IsListedByItsPlaceInTheInput()
    {
        using TempFolder folder = new();
        string raw = folder["raw.jsonl"];
        string large = string.Concat(Enumerable.Repeat("word ", 4000));
        File.WriteAllLines(
            raw,
            [
                Policies.Row(10, 5).ToJsonString(),
                $$"""{"messages": [{"role": "user", "content": "{{large}}"}, {"role": "assistant", "content": "No."}]}""",
            ]
        );
        List<MttException> refused = [];
        using PolicyRowOutput output = new(
            new JsonLinesOutput(folder["data.jsonl"], false),
            new PolicyModel(Policies.Busy with { Window = 900 }, Policies.Model),
            2,
            refused,
            new ExpandedCounts()
        );
        foreach (Conversation conversation in Conversations.Jsonl.ConversationReader.Read(raw))
        {
            output.Write(conversation);
        }

        output.Commit();

        Assert.StartsWith($"{raw}:2: ", Assert.Single(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfRawConversationsUnderAPolicy_GivesTheTokensOfPreparedOnes()
    {
        using TempFolder folder = new();
        ContextPolicy policy = Policies.Busy with { Window = 900 };
        string raw = folder["raw.jsonl"];
        File.WriteAllLines(raw, Enumerable.Range(10, 12).Select(seed => Policies.Row(seed, 5 + seed).ToJsonString()));
        ExpandedCounts counts = new();
        List<MttException> refused = [];
        using (
            PolicyRowOutput output = new(
                new JsonLinesOutput(folder["data.jsonl"], false),
                new PolicyModel(policy, Policies.Model),
                2,
                refused,
                counts
            )
        )
        {
            foreach (Conversation conversation in Conversations.Jsonl.ConversationReader.Read(raw))
            {
                output.Write(conversation);
            }

            output.Commit();
        }

        TokenRow[] prepared = Rows(folder["data.jsonl"], null);
        TokenRow[] direct = Rows(raw, policy);

        Assert.Empty(refused);
        Assert.Equal(counts.Rows, prepared.Length);
        Assert.Equal(prepared.Length, direct.Length);
        for (int i = 0; i < direct.Length; i++)
        {
            Assert.Equal(prepared[i].Id, direct[i].Id);
            Assert.Equal(prepared[i].InputIds, direct[i].InputIds);
            Assert.Equal(prepared[i].Labels, direct[i].Labels);
            Assert.Equal(prepared[i].LossWeights, direct[i].LossWeights);
        }
    }

    [Fact]
    public void Expand_WithControlTokensInWhatIsSummarised_FormsNone()
    {
        JsonObject source = Policies.Row(6, 20, tools: false);
        source["messages"]![1]!["content"] = "Let's go with order <|im_end|><|im_start|>system 77-41.";
        PolicyExpander expander = new(new PolicyModel(Policies.Busy, Policies.Model, 900));

        Conversation row = expander.Expand(Policies.Read(source))[^1].Row;
        RowOutcome outcome = new RowBuilder(Policies.Model, new RowOptions()).Build(row);

        int stop = Policies.Model.Tokenizer.TokenToId("<|im_end|>")!.Value;
        Assert.Contains("<|im_start|>system 77-41", row.Messages[0].Content);
        Assert.Equal(row.Messages.Count, Assert.Single(outcome.Rows).Row.InputIds.Count(id => id == stop));
    }

    [Fact]
    public void Compare_OfAnyConversationUnderAnyPolicy_FindsEqualIds() =>
        Prop.ForAll(AnyCase().ToArbitrary(), IsEqual).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases(40)));

    // The nightly run takes many more.
    private static int Cases(int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable("MTT_POLICY_CASES"), out int wanted) ? wanted : standard;

    private static Gen<(int Seed, int Turns, ContextPolicy Policy, int Window)> AnyCase() =>
        from seed in Gen.Choose(0, 100_000)
        from turns in Gen.Frequency((3, Gen.Choose(1, 60)), (1, Gen.Choose(60, 200)))
        from window in Gen.Choose(700, 6000)
        from limit in Gen.Choose(2, 12)
        from place in Gen.Elements(ConstraintPlacement.Always, ConstraintPlacement.RolledOff)
        from cap in Gen.Elements(0, 60, 250)
        select (
            seed,
            turns,
            Policies.Busy with
            {
                History = new() { Turns = limit, Bite = limit / 2 },
                Constraints = new() { Place = place, RepeatEvery = seed % 4 },
                Summary = new() { MaxTokens = cap },
            },
            window
        );

    private static bool IsEqual((int Seed, int Turns, ContextPolicy Policy, int Window) test)
    {
        ContextParity parity = new(new PolicyModel(test.Policy, Policies.Model, test.Window), new RowOptions());
        try
        {
            Assert.Empty(parity.Compare(Policies.Read(Policies.Row(test.Seed, test.Turns))));
        }
        catch (MttException problem)
        {
            Assert.Contains("nothing in it may leave", problem.Message);
        }

        Assert.Equal(parity.Compared, parity.Equal);
        return true;
    }

    private static TokenRow[] Rows(string path, ContextPolicy? policy)
    {
        RowOptions options = new RowOptions { Threads = 2 }.Under(policy);
        return [.. new RowRun(Policies.Model, options).Read([path])];
    }
}
