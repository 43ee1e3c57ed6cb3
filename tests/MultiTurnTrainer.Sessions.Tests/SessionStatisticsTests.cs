using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Evidence;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Statistics;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests;

public class SessionStatisticsTests
{
    private static readonly ContextPolicy _small = new()
    {
        Window = 300,
        Constraints = new() { Enabled = false },
        Summary = new() { MaxTokens = 0 },
        History = new() { Turns = 2, Bite = 1 },
    };

    [Fact]
    public async Task Of_ASessionWhosePolicyForgets_CountsFactsByDistance()
    {
        string[] questions = ["Never use abbreviations.", "One?", "Two?", "Three?", "Four?", "Five?"];

        SessionFigures figures = await MeasureAsync(_small, [.. questions.Select(question => (question, "Yes."))]);

        Assert.Equal(6, figures.Turns);
        Assert.Equal((1, 1), At(figures, 0));
        Assert.Equal((1, 1), At(figures, 1));
        Assert.Equal((0, 2), At(figures, 2));
        Assert.Equal((0, 2), At(figures, 4));
        Assert.True(figures.Cleared > 0);
        Assert.True(figures.Growth > 0);
        Assert.Null(figures.NotPlanned);
    }

    [Fact]
    public async Task Of_AnswersAfterACorrection_CountsThoseThatCopyTheError()
    {
        SessionFigures figures = await MeasureAsync(
            new ContextPolicy(),
            [
                ("When does it arrive?", "It arrives on Monday."),
                ("No, not Monday but Tuesday.", "Sorry, it arrives on Tuesday."),
                ("Say it again.", "It arrives on Monday."),
                ("And then?", "Then it is there."),
            ]
        );

        Assert.Equal((3, 1), (figures.CorrectedAnswers, figures.Copies));
    }

    [Fact]
    public async Task Of_AnswersThatChangeTheirTone_HasADriftThatSteadyOnesHaveNot()
    {
        string[] steady = [.. Enumerable.Repeat("The parcel is on its way to you.", 8)];
        string[] changing = [.. steady.Take(4), .. Enumerable.Repeat("ΟΚ!!! lol xx 7743 qqq", 4)];

        double none = (await MeasureAsync(new ContextPolicy(), [.. steady.Select(text => ("Go on.", text))])).Drift;
        double much = (await MeasureAsync(new ContextPolicy(), [.. changing.Select(text => ("Go on.", text))])).Drift;

        Assert.Equal(0, none, 6);
        Assert.True(much > 0.8, $"{much}");
    }

    [Fact]
    public void Kind_OfTwoGroups_IsWhatMostOrAFewDid()
    {
        int[] usual = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

        Assert.Equal(ShiftKind.None, Shift(usual, usual).Kind);
        Assert.Equal(ShiftKind.Cohort, Shift(usual, [.. usual.Select(size => size * 2)]).Kind);
        Assert.Equal(ShiftKind.Outliers, Shift(usual, [.. usual[..9], 5000]).Kind);
        Assert.Equal(ShiftKind.TooFew, Shift(usual[..7], usual).Kind);
        Assert.Equal(ShiftKind.None, Shift([.. Enumerable.Repeat(5, 10)], [.. Enumerable.Repeat(5, 10)]).Kind);
    }

    /// <summary>By hand: U is 11 of an expected 10, 16 of 8, 14 of 8; over its standard deviation, corrected for ties.</summary>
    [Theory]
    [InlineData(new[] { 1, 2, 6, 7, 8 }, new[] { 3, 4, 5, 9 }, 0.244949)]
    [InlineData(new[] { 1, 2, 3, 4 }, new[] { 5, 6, 7, 8 }, 2.309401)]
    [InlineData(new[] { 1, 1, 2, 2 }, new[] { 2, 2, 3, 3 }, 1.870829)]
    public void Ranks_OfTwoGroups_AreThoseOfMannAndWhitney(int[] before, int[] after, double deviations) =>
        Assert.Equal(deviations, Shift(before, after).Ranks, 5);

    [Fact]
    public void Percentiles_OfFigures_AreNearestRanks()
    {
        Percentiles of = Percentiles.Of(Enumerable.Range(1, 200).Select(i => (double)i));

        Assert.Equal(new Percentiles(100, 180, 198, 200), of);
        Assert.Equal(default, Percentiles.Of([]));
    }

    private static CohortShift Shift(int[] before, int[] after) => new(Cohort(before), Cohort(after));

    private static SessionCohort Cohort(int[] sizes) =>
        new([
            .. sizes.Select(size => new SessionFigures
            {
                Id = "s",
                CreatedAt = default,
                Size = size,
            }),
        ]);

    private static (long Held, long Said) At(SessionFigures figures, int least)
    {
        var distance = figures.Recall.Single(distance => distance.Least == least);
        return (distance.Held, distance.Said);
    }

    private static async Task<SessionFigures> MeasureAsync(
        ContextPolicy policy,
        (string Question, string Answer)[] turns
    )
    {
        SessionFixture sessions = new();
        SessionState state = await sessions.Service.CreateAsync(
            Tenant,
            new SessionCreated([Message("system", "Be brief.")], Policy: PolicyStamp.Of(policy))
        );
        foreach ((string question, string answer) in turns)
        {
            await sessions.AskAsync(state.Id, question, answer);
        }

        IReadOnlyList<LoggedEvent> events = await sessions.Log.EventsAsync(Key(state.Id));
        TurnPrompts prompts = new(read => new PolicyModel(read, static () => new ByteTokenCounter(), null));
        return SessionMeasure.Of(state.Id, events, prompts);
    }
}
