using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Telemetry;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>What listeners in the process are told of turns.</summary>
[Collection("telemetry")]
public class TelemetryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Turn_WithTelemetry_IsASpanAndItsPartsAreMeasured(bool isOn)
    {
        ConcurrentQueue<string> spans = [];
        ConcurrentQueue<string?> parts = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == TurnTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = span => spans.Enqueue(span.OperationName),
        };
        ActivitySource.AddActivityListener(listener);
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Name == "session.turn.part")
            {
                all.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<double>((_, _, tags, _) => parts.Enqueue(tags[0].Value as string));
        meters.Start();
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Stream(["ok"]),
            plan => plan with { Sessions = plan.Sessions with { Telemetry = isOn } }
        );

        Reply reply = await server.SayAsync(await server.BeginAsync(), "hello");

        // The span ends when the client has its answer.
        await server.Server.StopAsync();
        string[] all = ["session.retrieve", "session.begin", "session.inference", "session.commit", "session.turn"];
        Assert.Equal(isOn ? all : [], spans);
        Assert.Equal(isOn ? ["load", "assemble", "begin", "answer", "commit"] : [], parts);
        Assert.Equal(isOn, reply.Header("Server-Timing")?.StartsWith("load;dur=", StringComparison.Ordinal) ?? false);
    }
}
