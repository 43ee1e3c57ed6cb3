using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// One set of weights, in every format, through every command: each learns the same tokens of the same message. In the
/// rows every turn has one answer, so that counts by turn are counts by message.
/// </summary>
public sealed partial class WeightsTests : IDisposable
{
    private static readonly string[] _model = ["--model", "start/model"];

    private readonly TempFolder _folder = new();

    public WeightsTests()
    {
        _folder.Write("rows.jsonl", WeightRows.Lines);
        Run("init", "start", "--preset", "tiny");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryCommand_OnTheSameWeights_LearnsTheSame()
    {
        int[][] tokens = Mask("rows.jsonl");

        // The characters that render shows are those of the list above; a message has tokens where it has characters.
        int[][] characters = [.. Lines(Run(["render", "rows.jsonl", .. _model]).Out).Select(Characters)];
        Assert.Equal(WeightRows.All.Select(row => row.Learned), characters);
        Assert.Equal(
            characters.Select(row => row.Select(count => count > 0)),
            tokens.Select(row => row.Select(count => count > 0))
        );

        Assert.Equal(tokens, Inspected());
        Assert.Equal(
            tokens,
            Lines(Run(["score", "rows.jsonl", .. _model, "--dtype", "float32"]).Out).Select(row => ByTurn(row, "turns"))
        );

        long[] sums = Sums(tokens);
        Assert.Equal(sums, Counts("rows.jsonl.masked.jsonl.manifest.json", "supervised_by_turn"));
        Run(["train", "--train", "rows.jsonl", .. _model, "--output", "out", "--max-steps", "1", "--set", "lora.r=2"]);
        Assert.Equal(sums, Counts("out.manifest.json", "masked", "supervised_by_turn"));

        Assert.Equal(sums, Statistics(["stats", "rows.jsonl", .. _model, "--format", "json"]));
        Assert.Equal(Sums(characters), Statistics(["stats", "rows.jsonl", "--format", "json"]));

        Run("validate", "rows.jsonl", "--output", "valid.jsonl");
        Assert.Equal(tokens, Mask("valid.jsonl"));
        Run("prepare", "rows.jsonl", "--output", "prepared", "--keep-duplicates");
        Assert.Equal(tokens, Mask("prepared/data.jsonl"));
        Run("prepare", "rows.jsonl", "--output", "columns", "--keep-duplicates", "--format", "parquet");
        Assert.Equal(tokens, Mask("columns/data.parquet"));
    }

    [Fact]
    public void Clean_OnTheSameWeights_HasARecordForEachLearnedMessage()
    {
        int[][] tokens = Mask("rows.jsonl");

        Run("clean", "rows.jsonl", "--output", "cleaned.jsonl");

        JsonElement[] records = Lines(File.ReadAllText(_folder["cleaned.jsonl"]));
        Assert.Equal(
            tokens.SelectMany(
                (row, i) => row.Select((count, turn) => (Id: $"{i}#{turn + 1}", count)).Where(one => one.count > 0)
            ),
            records.Select(record => record.GetProperty("id").GetString()!).Zip(Replies(records))
        );

        // The row's weight stays with the message.
        Assert.Equal(0.25, Weight(records, "11#1"));
        Assert.Equal(0.5, Weight(records, "13#1"));
        Assert.Null(Weight(records, "0#2"));
        Run(
            [
                "train",
                "--train",
                "cleaned.jsonl",
                .. _model,
                "--objective",
                "distill-offline",
                "--output",
                "distilled",
                "--max-steps",
                "1",
                "--set",
                "lora.r=2",
            ],
            "parts of the reply have weights of their own"
        );
    }

    [Theory]
    [InlineData("\"weight\":2", "messages[1].weight", "scale the others")]
    [InlineData("\"weight\":1,\"train\":false", "messages[1].train", "says otherwise")]
    public void EveryCommand_OnAWeightWithoutMeaning_NamesPlaceAndPath(string weight, string path, string says)
    {
        _folder.Write("bad.jsonl", $"{WeightRows.All[0].Row}\n{WeightRows.Messages(weight)}\n");
        string[][] commands =
        [
            ["validate", "bad.jsonl"],
            ["mask", "bad.jsonl", .. _model, "--output", "m.jsonl"],
            ["inspect", "bad.jsonl", .. _model],
            ["render", "bad.jsonl", .. _model],
            ["score", "bad.jsonl", .. _model],
            ["generate", "bad.jsonl", .. _model, "--max-new-tokens", "1"],
            ["clean", "bad.jsonl", "--output", "c.jsonl"],
            ["train", "--train", "bad.jsonl", .. _model, "--output", "t"],
        ];
        foreach (string[] command in commands)
        {
            MttResult result = MttProcess.Run(_folder.Path, command);
            string said = result.Out + result.Error;
            Assert.True(result.ExitCode != 0, $"{command[0]} takes it");
            Assert.Contains("bad.jsonl:2", said, StringComparison.Ordinal);
            Assert.Contains(path, said, StringComparison.Ordinal);
            Assert.Contains(says, said, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Contains("MTT111", Run("stats", "bad.jsonl", "--format", "json").Out, StringComparison.Ordinal);
        Run("prepare", "bad.jsonl", "--output", "p");
        Assert.Contains("MTT111", File.ReadAllText(_folder["p/rejects.jsonl"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"weight\":-0.5", "messages[1].weight", "number from 0 to 1")]
    [InlineData("\"weight\":1e999", "messages[1].weight", "number from 0 to 1")]
    [InlineData("\"loss\":\"no\"", "messages[1].loss", "number from 0 to 1")]
    [InlineData("\"loss_mask\":[0,1]", "messages[1].loss_mask", "number from 0 to 1")]
    [InlineData("\"weight\":0.5,\"loss_weight\":1", "messages[1].loss_weight", "says otherwise")]
    [InlineData(
        "\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}},\"weight\":0}]",
        "messages[1].tool_calls[0].weight",
        "is of one call"
    )]
    public void Validate_OnAWeightWithoutMeaning_NamesPlaceAndPath(string weight, string path, string says)
    {
        _folder.Write("bad.jsonl", WeightRows.Messages(weight));
        MttResult result = MttProcess.Run(_folder.Path, ["validate", "bad.jsonl"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(path, result.Out, StringComparison.Ordinal);
        Assert.Contains(says, result.Out, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The supervised tokens of each row and turn, as <c>mtt mask</c> makes them.</summary>
    private int[][] Mask(string file, params string[] more)
    {
        string output = $"{file.Replace('/', '-')}.masked.jsonl";
        Run(["mask", file, .. _model, "--output", output, .. more]);
        return [.. Lines(File.ReadAllText(_folder[output])).Select(Labelled)];
    }

    private int[] Replies(IEnumerable<JsonElement> records)
    {
        IEnumerable<string> rows = records.Select(record =>
        {
            IEnumerable<string> messages = record
                .GetProperty("student_context")
                .EnumerateArray()
                .Append(record.GetProperty("completion"))
                .Select(message => message.GetRawText());
            return $$"""{"messages":[{{string.Join(',', messages)}}]}""" + "\n";
        });
        _folder.Write("replies.jsonl", string.Concat(rows));
        return [.. Mask("replies.jsonl", "--last").Select(row => row.Sum())];
    }

    /// <summary>The rows of <c>mtt inspect</c>, by the lines it has for messages.</summary>
    private int[][] Inspected()
    {
        string text = Run(["inspect", "rows.jsonl", .. _model, "--rows", "100"]).Out;
        return
        [
            .. text.Split("── ", StringSplitOptions.RemoveEmptyEntries)
                .Skip(1)
                .Select(row =>
                    (int[])
                        [
                            .. AnswerLine()
                                .Matches(row)
                                .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
                        ]
                ),
        ];
    }

    private static double? Weight(IEnumerable<JsonElement> records, string id) =>
        records
            .Single(record => record.GetProperty("id").GetString() == id)
            .TryGetProperty("weight", out JsonElement weight)
            ? weight.GetDouble()
            : null;

    private long[] Statistics(string[] command)
    {
        using JsonDocument statistics = JsonDocument.Parse(Run(command).Out);
        return Values(statistics.RootElement.GetProperty("supervisedByTurn"));
    }

    private long[] Counts(string manifest, params string[] path)
    {
        JsonElement at = JsonElement.Parse(File.ReadAllText(_folder[manifest])).GetProperty("counts");
        return Values(path.Aggregate(at, (element, name) => element.GetProperty(name)));
    }

    private static long[] Values(JsonElement byTurn) =>
        [.. byTurn.EnumerateObject().Select(turn => turn.Value.GetInt64())];

    private static long[] Sums(int[][] rows) =>
        [
            .. Enumerable
                .Range(0, rows.Max(row => row.Length))
                .Select(turn => rows.Sum(row => turn < row.Length ? (long)row[turn] : 0)),
        ];

    // Runs of labels are the turns, unless spans say more.
    private static int[] Labelled(JsonElement row)
    {
        if (row.TryGetProperty("spans", out _))
        {
            return ByTurn(row, "spans");
        }

        List<int> runs = [];
        bool isOpen = false;
        foreach (JsonElement label in row.GetProperty("labels").EnumerateArray())
        {
            if (label.GetInt32() < 0)
            {
                isOpen = false;
                continue;
            }

            runs.AddRange(isOpen ? [] : [0]);
            isOpen = true;
            runs[^1]++;
        }

        return [.. runs];
    }

    // From {"turn", "supervised_tokens"} or {"turn", "start", "end"}.
    private static int[] ByTurn(JsonElement row, string list)
    {
        int[] turns = new int[row.GetProperty(list).EnumerateArray().Max(one => one.GetProperty("turn").GetInt32())];
        foreach (JsonElement one in row.GetProperty(list).EnumerateArray())
        {
            turns[one.GetProperty("turn").GetInt32() - 1] += one.TryGetProperty(
                "supervised_tokens",
                out JsonElement count
            )
                ? count.GetInt32()
                : one.GetProperty("end").GetInt32() - one.GetProperty("start").GetInt32();
        }

        return turns;
    }

    // The supervised characters of each answer's content.
    private static int[] Characters(JsonElement row)
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

        return [.. learned.Where(pair => pair.Key % 2 == 1).Select(pair => pair.Value)];
    }

    private static JsonElement[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private MttResult Run(params string[] args) => Run(args, null);

    private MttResult Run(string[] args, string? refusal)
    {
        MttResult result = MttProcess.Run(_folder.Path, args);
        Assert.True(
            refusal is null ? result.ExitCode == 0 : result.Error.Contains(refusal, StringComparison.Ordinal),
            $"mtt {string.Join(' ', args)}: {result.Error}{result.Out}"
        );
        return result;
    }

    [GeneratedRegex(@"messages\[\d+\] assistant: (\d+) of ")]
    private static partial Regex AnswerLine();
}
