using System.Text.Json;
using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Context.Tests.Cleaning;

public class HistoryCleanerTests
{
    private const string _three =
        "s:Be exact. u:Write a poem about rain. a:DRAFT1 u:Use four lines only. a:DRAFT2 u:Mention a river. a:FINAL";

    [Fact]
    public void Clean_MiddleTurns_SeeSystemAndUserTurnsUpToTheirOwn()
    {
        CleanedRecord[] records = Clean(_three);
        Assert.Equal(["7#1", "7#2", "7#3"], records.Select(record => record.Id));
        Assert.Equal([TurnKind.Middle, TurnKind.Middle, TurnKind.Answer], records.Select(record => record.Kind));

        Assert.Equal("s:Be exact. u:Write a poem about rain.", Text(records[0].ReferenceContext));
        Assert.Equal(ReferencePolicy.Unchanged, records[0].Policy);
        Assert.Equal(
            "s:Be exact. u:Write a poem about rain. u:Use four lines only.",
            Text(records[1].ReferenceContext)
        );
        Assert.Equal(
            "s:Be exact. u:Write a poem about rain. a:DRAFT1 u:Use four lines only.",
            Text(records[1].StudentContext)
        );
        Assert.Equal([2], records[1].Removed);
        Assert.Equal("DRAFT2", records[1].Completion.GetProperty("content").GetString());
    }

    [Fact]
    public void Clean_AnswerTurn_EndsWithTheCanonicalTask()
    {
        CleanedRecord answer = Clean(_three)[2];
        Assert.Equal(
            "s:Be exact. u:Write a poem about rain. u:Use four lines only. u:Mention a river. "
                + "u:The whole task:\n- Write a poem about rain.\n- Use four lines only.\n- Mention a river.",
            Text(answer.ReferenceContext)
        );
        Assert.Equal([2, 4], answer.Removed);
        Assert.DoesNotContain("DRAFT", Text(answer.ReferenceContext), StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_NothingOfALaterTurn_IsInAnyContext()
    {
        foreach (CleanedRecord record in Clean(_three).Where(record => record.Kind == TurnKind.Middle))
        {
            string both = Text(record.StudentContext) + Text(record.ReferenceContext);
            Assert.DoesNotContain("The whole task", both, StringComparison.Ordinal);
            Assert.DoesNotContain("river", both, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Clean_OneTurn_HasNothingToClean()
    {
        CleanedRecord record = Assert.Single(Clean("u:Hi there a:Hello"));
        Assert.Equal((TurnKind.Answer, ReferencePolicy.Unchanged), (record.Kind, record.Policy));
        Assert.Equal("u:Hi there", Text(record.ReferenceContext));
    }

    [Fact]
    public void Clean_Merge_MakesNeighbouringUsersOne()
    {
        CleanedRecord answer = Clean(_three, new CleaningSettings { ConsecutiveUsers = ConsecutiveUsers.Merge })[2];
        Assert.Equal(
            ["system", "user"],
            answer.ReferenceContext.Select(message => message.GetProperty("role").GetString())
        );
        Assert.StartsWith(
            "Write a poem about rain.\n\nUse four lines only.\n\nMention a river.\n\nThe whole task:",
            answer.ReferenceContext[1].GetProperty("content").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        BackReferences.Keep,
        "u:Two names. a:Ada or Bea u:Your second option is wrong. u:The whole task:\n- Two names.\n- Your second option is wrong.",
        ReferencePolicy.Kept
    )]
    [InlineData(
        BackReferences.Clean,
        "u:Two names. u:Your second option is wrong. u:The whole task:\n- Two names.\n- Your second option is wrong.",
        ReferencePolicy.Cleaned
    )]
    public void Clean_LeaningTurn_FollowsTheSetting(
        BackReferences back_references,
        string reference,
        ReferencePolicy policy
    )
    {
        CleanedRecord record = Clean(
            "u:Two names. a:Ada or Bea u:Your second option is wrong. a:Cleo",
            new CleaningSettings { BackReferences = back_references }
        )[1];
        Assert.Equal(reference, Text(record.ReferenceContext));
        Assert.Equal(policy, record.Policy);
        TurnMark mark = Assert.Single(record.Marks);
        Assert.Equal((2, TurnMarkKind.RefersBack, "Your second option"), (mark.Message, mark.Kind, mark.Text));
    }

    [Fact]
    public void Clean_BackReferenceDropped_IsCounted()
    {
        CleaningCounts counts = new();
        CleanedRecord[] records = Clean(
            "u:Two names. a:Ada or Bea u:As you said, Ada. a:Ada u:Now a surname for the whole family. a:Lovelace",
            new CleaningSettings { BackReferences = BackReferences.Drop },
            counts
        );
        Assert.Equal(["7#1", "7#3"], records.Select(record => record.Id));
        Assert.Equal(1, counts.LeftOut["back_reference"]);
        Assert.Equal(1, counts.BackReferences);
    }

    [Fact]
    public void Clean_CorrectionThatNamesBothValues_IsNotInTheCanonicalTask()
    {
        CleanedRecord record = Clean("u:Plan a dinner for 40 people. a:OK u:Actually 45 people, not 40. a:Done")[1];
        Assert.EndsWith(
            "u:The whole task:\n- Plan a dinner for 45 people.",
            Text(record.ReferenceContext),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Clean_Correction_CanonicalTaskHoldsTheLastWordAndThePrefixBoth()
    {
        const string log = "u:Plan a dinner for 40 people. a:OK u:Actually, 45 people. a:Done";
        CleanedRecord marked = Clean(log)[1];
        Assert.Equal(
            "u:Plan a dinner for 40 people. u:Actually, 45 people. "
                + "u:The whole task:\n- Plan a dinner for 45 people.\n- Actually, 45 people.",
            Text(marked.ReferenceContext)
        );

        CleanedRecord repaired = Clean(log, new CleaningSettings { Corrections = Corrections.Repair })[1];
        Assert.StartsWith(
            "u:Plan a dinner for 45 people. u:Actually",
            Text(repaired.ReferenceContext),
            StringComparison.Ordinal
        );
        Assert.Equal(ReferencePolicy.Repaired, repaired.Policy);
        Assert.StartsWith("u:Plan a dinner for 40 people.", Text(repaired.StudentContext), StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_Correction_DoesNotReachEarlierTurns()
    {
        CleanedRecord first = Clean(
            "u:Plan a dinner for 40 people. a:OK u:Add wine for everybody. a:OK u:Change 40 people to 45 people. a:Done",
            new CleaningSettings { Corrections = Corrections.Repair }
        )[1];
        Assert.StartsWith("u:Plan a dinner for 40 people.", Text(first.ReferenceContext), StringComparison.Ordinal);
    }

    [Fact]
    public void Clean_ToolExchanges_GoAndStayAsGroups()
    {
        JsonView json = JsonView.Parse(
            """
            {"id":"t","messages":[
              {"role":"user","content":"Weather in Rome?"},
              {"role":"assistant","content":"Let me see.","tool_calls":[{"id":"1","type":"function","function":{"name":"w","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"1","content":"12"},
              {"role":"assistant","content":"12 degrees."},
              {"role":"user","content":"And the weather in Oslo this evening?"},
              {"role":"assistant","content":null,"tool_calls":[{"id":"2","type":"function","function":{"name":"w","arguments":"{}"}}]},
              {"role":"tool","tool_call_id":"2","content":"3"},
              {"role":"assistant","content":"3 degrees."}]}
            """
        );
        Conversation conversation = Conversation.FromJson(json);
        CleanedRecord[] dropped =
        [
            .. new HistoryCleaner(new CleaningSettings(), new CleaningCounts()).Clean(conversation, 0),
        ];
        Assert.Equal(["t#1.1", "t#1.2", "t#2.1", "t#2.2"], dropped.Select(record => record.Id));

        // The turn's own exchange stays in both; the earlier one is gone as a whole.
        Assert.Equal(["user", "user", "user", "assistant", "tool"], Roles(dropped[3].ReferenceContext));
        Assert.Equal("The whole task:", dropped[3].ReferenceContext[2].GetProperty("content").GetString()![..15]);
        Assert.Equal([1, 2, 3], dropped[3].Removed);
        Assert.Equal(["user", "assistant", "tool"], Roles(dropped[1].ReferenceContext));

        CleaningSettings keep = new() { ToolExchanges = ToolExchanges.Keep };
        CleanedRecord kept = new HistoryCleaner(keep, new CleaningCounts()).Clean(conversation, 0).Last();
        Assert.Equal(["user", "assistant", "tool", "user", "user", "assistant", "tool"], Roles(kept.ReferenceContext));
        Assert.Equal("", kept.ReferenceContext[1].GetProperty("content").GetString());
        Assert.Equal([3], kept.Removed);
    }

    [Fact]
    public void Clean_WhatMakesNoRecord_IsCounted()
    {
        JsonView json = JsonView.Parse(
            """
            {"messages":[{"role":"assistant","content":"Welcome"},{"role":"user","content":"a b c"},{"role":"assistant","content":" "},
              {"role":"user","content":"d e f"},{"role":"assistant","content":"x","weight":0}]}
            """
        );
        CleaningCounts counts = new();
        Assert.Empty(new HistoryCleaner(new CleaningSettings(), counts).Clean(Conversation.FromJson(json), 0));
        Assert.Equal(["empty_completion", "no_user_turn_before", "weight_zero"], counts.LeftOut.Keys);
        Assert.All(counts.LeftOut.Values, count => Assert.Equal(1, count));
    }

    private static CleanedRecord[] Clean(
        string text,
        CleaningSettings? settings = null,
        CleaningCounts? counts = null
    ) =>
        [
            .. new HistoryCleaner(settings ?? new CleaningSettings(), counts ?? new CleaningCounts()).Clean(
                Parse(text),
                7
            ),
        ];

    private static IEnumerable<string?> Roles(IEnumerable<JsonView> messages) =>
        messages.Select(message => message.GetProperty("role").GetString());

    private static string Text(IEnumerable<JsonView> messages) =>
        string.Join(
            ' ',
            messages.Select(message =>
                $"{message.GetProperty("role").GetString()![0]}:{message.GetProperty("content").GetString()}"
            )
        );

    /// <summary>Reads <c>u:… a:…</c>: a message per letter and colon.</summary>
    private static Conversation Parse(string text)
    {
        List<object> messages = [];
        int at = 0;
        while (at < text.Length)
        {
            string role = text[at] switch
            {
                's' => "system",
                'u' => "user",
                _ => "assistant",
            };
            int[] next =
            [
                .. new[] { " s:", " u:", " a:" }
                    .Select(mark => text.IndexOf(mark, at + 2, StringComparison.Ordinal))
                    .Where(index => index >= 0)
                    .Append(text.Length),
            ];
            messages.Add(new { role, content = text[(at + 2)..next.Min()] });
            at = next.Min() + 1;
        }

        return Conversation.FromJson(JsonText.ToView(new { messages }));
    }
}
