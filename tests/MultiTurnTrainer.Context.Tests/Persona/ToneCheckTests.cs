using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Persona;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Context.Tests.Planning;
using MultiTurnTrainer.Conversations;

namespace MultiTurnTrainer.Context.Tests.Persona;

/// <summary>Answers against persona and tone, in cases that were checked by hand.</summary>
public class ToneCheckTests
{
    private static readonly TonePolicy _formal = new() { Register = ToneRegister.Formal };
    private static readonly TonePolicy _informal = new() { Register = ToneRegister.Informal };

    [Theory]
    [InlineData("Please hold the button. It will turn blue.", 0)]
    [InlineData("Hey, no worries! Just hold the button.", 0.5)]
    [InlineData("It doesn't work. Please hold the button. Thank you. You're done.", 0.5)]
    [InlineData("Bitte halten Sie die Taste gedrückt.", 0)]
    [InlineData("Halt die Taste gedrückt, dann blinkt deine Lampe.", 1)]
    [InlineData("请您按住按钮。", 0)]
    [InlineData("你按住按钮就行。", 1)]
    [InlineData("All good 😀.", 1)]
    [InlineData("The flag is `don't_wait`.", 0)]
    public void Find_OfAFormalTone_CountsSentencesThatAreNot(string answer, double share) =>
        Assert.Equal(share, Score(answer, _formal), 3);

    [Theory]
    [InlineData("Just hold the button, and you're done.", 0)]
    [InlineData("Please do not hesitate to contact us. Bye.", 0.5)]
    [InlineData("Halt einfach die Taste gedrückt.", 0)]
    [InlineData("Bitte halten Sie die Taste gedrückt, bis die Lampe blinkt.", 1)]
    [InlineData("Sie ist kaputt, und du brauchst eine neue.", 0)]
    public void Find_OfAnInformalTone_CountsSentencesThatAreNot(string answer, double share) =>
        Assert.Equal(share, Score(answer, _informal), 3);

    [Theory]
    [InlineData("one two three four five", 0)]
    [InlineData("one two three four five six", 0.2)]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11 12", 1)]
    [InlineData("one", 0.5)]
    [InlineData("一二三四五", 0)]
    [InlineData("one two three ```and code and code and code```", 0)]
    [InlineData("```and code and code and code```", 0)]
    public void Find_OfALength_IsTheShareBeyondIt(string answer, double share) =>
        Assert.Equal(share, Score(answer, new() { MinWords = 2, MaxWords = 5 }), 3);

    [Theory]
    [InlineData("de", "Die Lampe ist kaputt, und Sie brauchen eine neue.", 0)]
    [InlineData("de", "The lamp is broken and you need a new one.", 1)]
    [InlineData("en", "The lamp is broken and you need a new one.", 0)]
    [InlineData("fr", "La lampe est cassée et vous devez en acheter une.", 0)]
    [InlineData("es", "La lámpara está rota y usted necesita una nueva para su casa.", 0)]
    [InlineData("en", "灯坏了，您需要一个新的。", 1)]
    [InlineData("zh", "灯 LX-7 坏了，您需要一个新的。", 0)]
    [InlineData("ja", "ランプが壊れています。", 0)]
    [InlineData("zh", "ランプが壊れています。", 1)]
    [InlineData("ru", "Лампа сломана.", 0)]
    [InlineData("de", "LX-7 OK", 0)]
    public void Find_OfALanguage_IsAllOrNothing(string language, string answer, double share) =>
        Assert.Equal(share, Score(answer, new() { Language = language }), 3);

    [Theory]
    [InlineData("That is cheap.", 1)]
    [InlineData("Cheap as it is.", 1)]
    [InlineData("A cheaper one is there.", 0)]
    [InlineData("Our competitor’s lamp.", 1)]
    [InlineData("```\ncheap\n```", 1)]
    public void Find_OfForbiddenWords_LooksForWholeOnes(string answer, double share) =>
        Assert.Equal(share, Score(answer, new() { Forbidden = ["cheap", "competitor's"] }), 3);

    [Fact]
    public void Append_WithAJudge_TakesTheLargestDeviation()
    {
        ContextPolicy policy = new()
        {
            Persona = new() { Text = "You are Bell." },
            Tone = new()
            {
                MaxWords = 4,
                Judge = new() { Model = "j" },
            },
        };
        Conversation chat = new Chat()
            .User("Who are you?")
            .Assistant("I am a language model.")
            .User("Ah.")
            .Assistant("Bell.")
            .Build();
        ArtefactRequest[] requests = [.. ToneMeter.Requests(policy, chat.Messages)];
        RowArtefacts made = new();
        made.Add(Artefact.Of(requests[0]) with { Text = "3\nIt forgets that it is Bell." });
        made.Add(Artefact.Of(requests[1]) with { Text = "Quite good." });
        ToneMeter meter = new(policy, made);
        ToneSums sums = new();
        foreach (Message message in chat.Messages)
        {
            if (meter.Append(message) is { } drift)
            {
                sums.Add(drift);
            }
        }

        Assert.Contains("Persona: You are Bell.", requests[0].Prompt, StringComparison.Ordinal);
        Assert.Equal("User:\nWho are you?\n\nAnswer:\nI am a language model.", requests[0].Material);
        Assert.Equal(2, sums.Answers);
        Assert.Equal(0.7, sums.Score, 3);
        Assert.Equal((1, 1), (sums.Off, sums.Unjudged));
        Assert.Equal(["judge", "length"], sums.Deviations.Keys);
        Assert.Throws<ArtefactMissingException>(() => new ToneMeter(policy, null).Append(chat.Messages[1]));
        Assert.True(
            new ToneMeter(policy, null) { IsLenient = true }
                .Append(chat.Messages[1])!
                .IsUnjudged
        );
    }

    [Theory]
    [InlineData("10", 0)]
    [InlineData("0\nNo.", 1)]
    [InlineData("7/10", 0.3)]
    public void Read_OfAVerdict_IsWhatIsMissingToTen(string text, double share)
    {
        Artefact judged = new("k", ArtefactKind.Class, "j", "", "") { Text = text };

        Assert.True(ToneJudgement.IsReadable(judged));
        Assert.Equal(share, ToneJudgement.Read(judged)?.Share ?? 0, 3);
    }

    [Theory]
    [InlineData("Good")]
    [InlineData("15")]
    public void IsReadable_OfSomethingElse_IsNot(string text) =>
        Assert.False(ToneJudgement.IsReadable(new("k", ArtefactKind.Class, "j", "", "") { Text = text }));

    private static double Score(string answer, TonePolicy policy) =>
        new ToneDrift(ToneCheck.Find(answer, policy)).Score;
}
