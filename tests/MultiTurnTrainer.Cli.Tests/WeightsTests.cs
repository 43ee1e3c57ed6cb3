using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>One set of weights, in every format, through every command: each learns the same tokens.</summary>
public sealed class WeightsTests : IDisposable
{
    private const string Question = """{"role":"user","content":"q"}""";
    private const string Right = """{"role":"assistant","content":"right"}""";

    // A row, and how many characters of its answers are learned, answer by answer.
    private static readonly (string Row, int[] Learned)[] _rows =
    [
        (Messages("\"weight\":0"), [0, 5]),
        (Messages("\"loss_weight\":0.0"), [0, 5]),
        (Messages("\"loss\":false"), [0, 5]),
        (Messages("\"loss_mask\":0"), [0, 5]),
        (Messages("\"train\":false"), [0, 5]),
        (Messages("\"training\":0"), [0, 5]),
        (Messages("\"train_on_turn\":false"), [0, 5]),
        (Messages("\"weight\":0,\"train\":false"), [0, 5]),
        (Messages("\"weight\":0.5,\"loss\":true"), [5, 5]),
        (Messages("\"weight\":null"), [5, 5]),
        (Messages("\"training_detail\":[{\"begin_offset\":0,\"end_offset\":1,\"train\":false}]"), [3, 5]),
        ($$"""{"messages":[{{Question}},{{Right}}],"train":"train-split","weight":0.25}""", [5]),
        (
            """{"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"wrong","loss":false},{"from":"human","value":"q"},{"from":"gpt","value":"right"}]}""",
            [0, 5]
        ),
        ("""{"instruction":"q","output":"right","loss_weight":0.5}""", [5]),
        (
            """{"messages":[{"role":"user","content":[{"type":"text","value":"q"}]},{"role":"assistant","content":[{"type":"text","value":"no","loss_weight":0},{"type":"text","value":"right"}]}]}""",
            [5]
        ),
        (
            $$"""{"prompt":[{{Question}},{"role":"assistant","content":"wrong"},{{Question}}],"completion":[{{Right}}]}""",
            [0, 5]
        ),
    ];

    private readonly TempFolder _folder = new();

    public WeightsTests()
    {
        _folder.Write("rows.jsonl", string.Concat(_rows.Select(row => row.Row + "\n")));
        Run("init", "start", "--preset", "tiny");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryCommand_OnTheSameWeights_LearnsTheSame()
    {
        string[] model = ["--model", "start/model"];
        JsonElement[] rendered = Lines(Run(["render", "rows.jsonl", .. model]).Out);
        Assert.Equal(_rows.Select(row => row.Learned), rendered.Select(Contents));

        Run(["mask", "rows.jsonl", .. model, "--output", "masked.jsonl"]);
        int[] tokens = [.. Lines(File.ReadAllText(_folder["masked.jsonl"])).Select(Supervised)];
        Assert.Equal(_rows.Select(row => row.Learned.Sum() > 0), tokens.Select(count => count > 0));

        int[] scored =
        [
            .. Lines(Run(["score", "rows.jsonl", .. model, "--dtype", "float32"]).Out)
                .Select(line => line.GetProperty("supervised_tokens").GetInt32()),
        ];
        Assert.Equal(tokens, scored);

        Run(["train", "--train", "rows.jsonl", .. model, "--output", "out", "--max-steps", "1", "--set", "lora.r=2"]);
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(_folder["out.manifest.json"]));
        Assert.Equal(
            tokens.Sum(),
            manifest.RootElement.GetProperty("counts").GetProperty("supervised_tokens").GetInt32()
        );

        using JsonDocument stats = JsonDocument.Parse(Run(["stats", "rows.jsonl", .. model, "--format", "json"]).Out);
        Assert.Equal(tokens.Sum(), SupervisedIn(stats.RootElement));
        using JsonDocument characters = JsonDocument.Parse(Run(["stats", "rows.jsonl", "--format", "json"]).Out);
        Assert.Equal(_rows.Sum(row => row.Learned.Sum()), SupervisedIn(characters.RootElement));

        Run(["validate", "rows.jsonl"]);
        Run(["clean", "rows.jsonl", "--output", "cleaned.jsonl"]);
        Assert.Equal(
            _rows.Sum(row => row.Learned.Count(learned => learned > 0)),
            File.ReadLines(_folder["cleaned.jsonl"]).Count()
        );

        Run(["prepare", "rows.jsonl", "--output", "prepared", "--keep-duplicates"]);
        Run(["mask", "prepared/data.jsonl", .. model, "--output", "again.jsonl"]);
        Assert.Equal(tokens, Lines(File.ReadAllText(_folder["again.jsonl"])).Select(Supervised));

        MttResult review = MttProcess.Run(
            _folder.Path,
            ["review", "rows.jsonl", .. model, "--output", "r", "--dry-run"]
        );
        Assert.True(review.ExitCode == 0, review.Error);
    }

    [Theory]
    [InlineData("\"weight\":2", "messages[1].weight", "scale the others")]
    [InlineData("\"weight\":-0.5", "messages[1].weight", "number from 0 to 1")]
    [InlineData("\"loss\":\"no\"", "messages[1].loss", "number from 0 to 1")]
    [InlineData("\"weight\":1,\"train\":false", "messages[1].train", "says otherwise")]
    [InlineData("\"weight\":0.5,\"loss_weight\":1", "messages[1].loss_weight", "says otherwise")]
    public void EveryCommand_OnAWeightWithoutMeaning_NamesPlaceAndPath(string weight, string path, string says)
    {
        string row = Messages(weight);
        _folder.Write("bad.jsonl", $"{_rows[0].Row}\n{row}\n");
        string[][] commands =
        [
            ["validate", "bad.jsonl"],
            ["stats", "bad.jsonl", "--format", "json"],
            ["mask", "bad.jsonl", "--model", "start/model", "--output", "m.jsonl"],
            ["render", "bad.jsonl", "--model", "start/model"],
            ["clean", "bad.jsonl", "--output", "c.jsonl"],
            ["train", "--train", "bad.jsonl", "--model", "start/model", "--output", "t"],
        ];
        foreach (string[] command in commands)
        {
            MttResult result = MttProcess.Run(_folder.Path, command);
            string said = result.Out + result.Error;
            if (command[0] == "stats")
            {
                Assert.Contains("MTT111", said, StringComparison.Ordinal);
                continue;
            }

            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("bad.jsonl:2", said, StringComparison.Ordinal);
            Assert.Contains(path, said, StringComparison.Ordinal);
            Assert.Contains(says, said, StringComparison.OrdinalIgnoreCase);
        }

        Run(["prepare", "bad.jsonl", "--output", "p"]);
        Assert.Contains("MTT111", File.ReadAllText(_folder["p/rejects.jsonl"]), StringComparison.Ordinal);
    }

    private static string Messages(string weight) =>
        $$"""{"messages":[{{Question}},{"role":"assistant","content":"wrong",{{weight}}},{{Question}},{{Right}}]}""";

    // The supervised characters of each answer's content.
    private static IEnumerable<int> Contents(JsonElement row)
    {
        SortedDictionary<int, int> learned = [];
        foreach (JsonElement span in row.GetProperty("spans").EnumerateArray())
        {
            string origin = span.GetProperty("origin").GetString()!;
            if (!origin.Contains(".content", StringComparison.Ordinal))
            {
                continue;
            }

            int message = int.Parse(origin.AsSpan(9, origin.IndexOf(']', 9) - 9), CultureInfo.InvariantCulture);
            int length = span.GetProperty("end").GetInt32() - span.GetProperty("start").GetInt32();
            learned[message] =
                learned.GetValueOrDefault(message) + (span.GetProperty("supervised").GetBoolean() ? length : 0);
        }

        return learned.Where(pair => pair.Key % 2 == 1).Select(pair => pair.Value);
    }

    private static int Supervised(JsonElement row) =>
        row.GetProperty("labels").EnumerateArray().Count(label => label.GetInt32() >= 0);

    private static long SupervisedIn(JsonElement statistics) =>
        statistics
            .GetProperty("fields")
            .EnumerateObject()
            .Sum(field => field.Value.GetProperty("supervised").GetInt64());

    private static JsonElement[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private MttResult Run(params string[] args)
    {
        MttResult result = MttProcess.Run(_folder.Path, args);
        Assert.True(result.ExitCode == 0, $"mtt {string.Join(' ', args)}: {result.Error}{result.Out}");
        return result;
    }
}
