using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Inference.Artefacts;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Artefacts;

/// <summary>What is missing is made once, whoever asks for it and when.</summary>
public class ArtefactMakerTests
{
    private static readonly ArtefactRequest _request = new(
        ArtefactKind.Summary,
        "m",
        "Summarise.",
        "material",
        "messages[0]"
    );

    [Fact]
    public async Task MakeAsync_AfterACallerWhoWentAway_AsksAgain()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(received =>
        {
            asked.TrySetResult();
            return received.Number == 1 ? Answers.Hang() : Answers.Text("made");
        });
        using TempFolder folder = new();
        using ArtefactFile file = ArtefactFile.OpenToAdd(folder["artefacts.jsonl"]);
        using ArtefactModel model = Model(server);
        using ArtefactMaker maker = new(model, file, concurrency: 4);
        using CancellationTokenSource gone = new();

        Task first = maker.MakeAsync([_request], gone.Token);
        await asked.Task;
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await maker.MakeAsync([_request], CancellationToken.None);

        Assert.Equal("made", maker.Find(_request.Key)!.Text);
        Assert.Equal(1, maker.Count);
    }

    [Fact]
    public async Task Find_OfAnEarlierFailureThatIsTriedOnceMore_IsNothingUntilItIsOver()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            async (context, received) =>
            {
                asked.TrySetResult();
                await answer.Task;
                await Answers.Text("made")(context, received);
            }
        );
        using TempFolder folder = new();
        using ArtefactFile file = ArtefactFile.OpenToAdd(folder["artefacts.jsonl"]);
        file.Add(Artefact.Of(_request) with { Error = "503" });
        using ArtefactModel model = Model(server);
        using ArtefactMaker maker = new(model, file, concurrency: 4);

        Task making = maker.MakeAsync([_request], CancellationToken.None);
        await asked.Task;
        Artefact? during = maker.Find(_request.Key);
        answer.SetResult();
        await making;

        Assert.Null(during);
        Assert.Equal("made", maker.Find(_request.Key)!.Text);
        Assert.Single(server.Requests);
    }

    private static ArtefactModel Model(ScriptedServer server) =>
        new(
            new ArtefactSettings
            {
                Endpoints = new Dictionary<string, EndpointSettings> { ["it"] = new() { BaseUrl = server.BaseUrl } },
                Retry = new RetrySettings { MaxRetries = 0 },
            },
            ["m"],
            null,
            _ => null,
            TimeProvider.System
        );
}
