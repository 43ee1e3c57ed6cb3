using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Training.Settings;
using Xunit;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>The settings in fingerprints, manifests and reports, beside what the serializer makes of the same records.</summary>
public class SettingsJsonTests
{
    private static readonly JsonSerializerOptions _serializer = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static TheoryData<object> Records =>
        [
            new TrainSettings(),
            new TrainSettings
            {
                LearningRate = 1e-5,
                MaxSteps = 7,
                Seed = 3,
                Threads = 2,
                MaxLength = 512,
                Packing = true,
            },
            new LoraSettings(),
            new DistillationSettings(),
            new PreferenceSettings(),
            new RowOptions(),
            new RowOptions
            {
                Roles = [Role.User, Role.Tool],
                MaxLength = 9,
                ChatTemplateKwargs = new Dictionary<string, JsonView>
                {
                    ["thinking"] = JsonView.Parse("""{"on": true, "budget": [1, 2.5, "x"]}"""),
                },
            },
        ];

    [Theory]
    [MemberData(nameof(Records))]
    public void Of_ARecord_IsWhatTheSerializerWrites(object settings)
    {
        JsonObject expected = JsonSerializer.SerializeToNode(settings, settings.GetType(), _serializer)!.AsObject();
        // They follow from others.
        expected.Remove("conversion");
        expected.Remove("policy");
        expected.Remove("artefacts");
        Assert.Equal(expected.ToJsonString(_serializer), SettingsJson.Of(settings).GetRawText());
    }

    private sealed record Shapes(
        IReadOnlyDictionary<string, double> Weights,
        IReadOnlyList<int>? Turns,
        DateTimeOffset? Now,
        string Text,
        Shapes? Inner
    );

    [Fact]
    public void Of_EveryShape_IsWhatTheSerializerWrites()
    {
        Shapes inner = new(new Dictionary<string, double>(), null, null, "ü\"\n", null);
        Shapes shapes = new(
            new Dictionary<string, double> { ["aB"] = 0.1, ["c d"] = -2e300 },
            [1, -2],
            new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero),
            "x",
            inner
        );
        Assert.Equal(JsonSerializer.Serialize(shapes, _serializer), SettingsJson.Of(shapes).GetRawText());
    }
}
