using System.Text.Json;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Evidence;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Statistics;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>What a policy measures: the tone of answers and the classes of messages, by rule and by a model's word.</summary>
public class PolicyMeasureTests
{
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    [Fact]
    public void Context_UnderATone_ShowsTheDriftOfEveryAnswer()
    {
        using TempFolder folder = Chat("tone: {register: formal, max_words: 6, language: en, forbidden: [cheap]}");

        MttResult text = Context(folder);
        MttResult json = Context(folder, "--format", "json");

        Assert.True(text.ExitCode == 0, text.Error);
        Assert.Contains("drift 0.00\n", text.Out, StringComparison.Ordinal);
        Assert.Contains(
            "drift 1.00: register: 1 of 1 sentences not formal: Yeah, it's cheap.; forbidden: it says 'cheap'",
            text.Out,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "tone: mean drift 0.500 over 2 answers, 1 off (forbidden 1, register 1); 0 without a judge's verdict; drift from turn: 1 0.000, 2 1.000",
            text.Out,
            StringComparison.Ordinal
        );
        JsonElement all = JsonElement.Parse(json.Out);
        JsonElement tone = all.GetProperty("policies")[0].GetProperty("tone");
        Assert.Equal((2, 0.5), (tone.GetProperty("answers").GetInt32(), tone.GetProperty("mean_drift").GetDouble()));
        JsonElement call = all.GetProperty("conversations")[0].GetProperty("calls")[1];
        Assert.Equal(1, call.GetProperty("turn").GetInt32());
        Assert.Equal(1.0, call.GetProperty("tone").GetProperty("score").GetDouble());
    }

    [Fact]
    public async Task Context_WithAJudge_AsksOnceAndTakesItsWord()
    {
        using TempFolder folder = Chat("persona: {text: You are Bell.}\ntone: {judge: {model: j}}");
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            Answers.Text(
                received.Messages[0].Content.Contains("cheap", StringComparison.Ordinal) ? "2\nToo loose." : "10\nFine."
            )
        );
        string[] record = ["--artefacts", "a.jsonl"];

        MttResult missing = Context(folder, record);
        MttResult made = Context(folder, [.. record, "--endpoint", server.BaseUrl]);
        MttResult again = Context(folder, record);
        MttResult stats = MttProcess.Run(
            folder.Path,
            ["stats", "chat.jsonl", "--policy", "policy.yaml", "--set", "artefacts.file=a.jsonl", "--format", "json"]
        );

        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("no classification by 'j' is on record", missing.Error, StringComparison.Ordinal);
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Contains("drift 0.80: judge: 2 of 10: Too loose.", made.Out, StringComparison.Ordinal);
        Assert.Equal(made.Out, again.Out);
        Assert.Equal(2, server.Requests.Count);
        Assert.True(stats.ExitCode == 0, stats.Error);
        JsonElement tone = JsonElement.Parse(stats.Out).GetProperty("tone");
        Assert.Equal((2, 0.4), (tone.GetProperty("answers").GetInt32(), tone.GetProperty("mean_drift").GetDouble()));
    }

    [Fact]
    public void Context_OfLabelledMessages_GivesPrecisionAndRecall()
    {
        using TempFolder folder = Chat("retention: {keep: [decision, correction]}");
        JsonElement row = JsonElement.Parse(File.ReadAllText(folder["chat.jsonl"]));
        folder.Write(
            "chat.jsonl",
            JsonSerializer.Serialize(
                new
                {
                    id = "c",
                    messages = row.GetProperty("messages"),
                    metadata = new
                    {
                        retention = new[]
                        {
                            new { message = 0, @class = "keep" },
                            new { message = 1, @class = "summarize" },
                            new { message = 3, @class = "drop" },
                        },
                    },
                }
            ) + "\n"
        );

        MttResult result = Context(folder);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains(
            "classes of 3 labelled messages, precision/recall: keep 1.00/1.00, summarize 0.50/1.00, drop 1.00/0.00",
            result.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Sessions_UnderATone_CountTheDriftOfTheirAnswers()
    {
        ContextPolicy policy = new() { Tone = new() { Forbidden = ["cheap"] } };
        LoggedEvent[] events = [.. Said(policy, "It weighs two kilos.", "It is cheap.")];
        TurnPrompts prompts = new(read => new PolicyModel(read, static () => new ByteTokenCounter(), null));
        SessionFigures figures = SessionMeasure.Of("s", events, prompts);

        Assert.Equal((2, 0.5, 1), (figures.Tone.Answers, figures.Tone.Mean, figures.Tone.Off));
        Assert.Equal(0.5, new SessionCohort([figures, figures]).Tone.Mean);
    }

    [Fact]
    public async Task Sessions_WithAJudge_AreJudgedOnceAndByTurn()
    {
        ContextPolicy policy = new()
        {
            Persona = new() { Text = "You are Bell." },
            Tone = new() { Judge = new() { Model = "j" } },
        };
        using TempFolder folder = new();
        using (FileStream log = File.Create(folder["log.jsonl"]))
        {
            LogFile.Write(log, new string('a', 64), [.. Said(policy, "It weighs two kilos.", "It is cheap.")]);
        }

        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
            Answers.Text(
                received.Messages[0].Content.Contains("cheap", StringComparison.Ordinal) ? "2\nToo loose." : "10\nFine."
            )
        );
        string[] stats = ["sessions", "stats", "--from", "log.jsonl"];
        string[] record = ["--artefacts", "a.jsonl"];

        MttResult without = MttProcess.Run(folder.Path, stats);
        MttResult made = MttProcess.Run(folder.Path, [.. stats, .. record, "--endpoint", server.BaseUrl]);
        MttResult again = MttProcess.Run(folder.Path, [.. stats, .. record]);
        MttResult top = MttProcess.Run(
            folder.Path,
            ["sessions", "top", "--from", "log.jsonl", .. record, "--format", "json"]
        );

        Assert.Contains("mean drift 0.000 over 2 answers, 0 off; 2 without", without.Out, StringComparison.Ordinal);
        Assert.True(made.ExitCode == 0, made.Error);
        Assert.Contains(
            "mean drift 0.400 over 2 answers, 1 off (judge 1); 0 without a judge's verdict; drift from turn: 1 0.000, 2 0.800",
            made.Out,
            StringComparison.Ordinal
        );
        Assert.Equal(made.Out, again.Out);
        Assert.Equal(2, server.Requests.Count);
        JsonElement second = JsonElement.Parse(top.Out).GetProperty("top")[0].GetProperty("tone_of_answers")[1];
        Assert.Equal((1, 0.8), (second.GetProperty("turn").GetInt32(), second.GetProperty("drift").GetDouble()));
        Assert.Equal("judge: 2 of 10: Too loose.", second.GetProperty("why")[0].GetString());
    }

    [Theory]
    [InlineData("retention: {keep: [filler]}", "context.retention.drop: names something that is kept")]
    [InlineData("retention: {keep: [chunk], drop: []}", "context.retention.keep: names what cannot be kept")]
    [InlineData("tone: {min_words: 9, max_words: 5}", "context.tone.min_words: is more than max_words")]
    [InlineData("tone: {language: xx}", "context.tone.language: 'xx' is no language")]
    [InlineData("tone: {judge: {prompt: x}}", "context.tone.judge.model: no model is named")]
    [InlineData("summarize: {prompt: x}", "context.summarize.model: no model is named")]
    [InlineData("summary: {max_tokens: 0}\nsummarize: {model: m}", "context.summary.max_tokens: is 0")]
    public void Policy_ThatCannotBeMeant_IsRefusedWithItsPlace(string policy, string said)
    {
        using TempFolder folder = Chat(policy);

        MttResult result = Context(folder);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<LoggedEvent> Said(ContextPolicy policy, params string[] answers)
    {
        DateTimeOffset at = DateTimeOffset.UnixEpoch;
        long version = 1;
        yield return new(version, at, new SessionCreated([], Policy: PolicyStamp.Of(policy)));
        foreach (string said in answers)
        {
            string turn = $"t{version}";
            JsonView question = JsonText.ToView(new { role = "user", content = "And?" });
            JsonView answer = JsonText.ToView(new { role = "assistant", content = said });
            yield return new(++version, at, new TurnBegun(turn, [question]));
            yield return new(++version, at, new TurnCommitted(turn, answer, new CommitInfo()));
        }
    }

    private static MttResult Context(TempFolder folder, params string[] more) =>
        MttProcess.Run(folder.Path, ["context", "chat.jsonl", "--policy", "policy.yaml", "--model", _model, .. more]);

    private static TempFolder Chat(string policy)
    {
        TempFolder folder = new();
        folder.Write(
            "chat.jsonl",
            JsonSerializer.Serialize(
                new
                {
                    id = "c",
                    messages = new object[]
                    {
                        new { role = "user", content = "Let's take the blue one." },
                        new { role = "assistant", content = "It weighs two kilos." },
                        new { role = "user", content = "And its price?" },
                        new { role = "assistant", content = "Yeah, it's cheap." },
                    },
                }
            ) + "\n"
        );
        folder.Write("policy.yaml", "window: 2000\n" + policy + "\n");
        return folder;
    }
}
