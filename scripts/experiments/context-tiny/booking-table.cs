#:property PublishAot=false
// The table of the context-tiny experiment: how often the bookings and their details are right, by turn, place and distance, with
// intervals over seeds and differences from the adapter that is trained and served under the policy, paired by seed and log.
//   dotnet run scripts/experiments/context-tiny/booking-table.cs -- OUTPUT_FOLDER SEED…
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using static System.FormattableString;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string folder = args[0];
int[] seeds = [.. args[1..].Select(int.Parse)];
(string Trained, string Served)[] arms =
[
    ("policy", "policy"),
    ("whole", "policy"),
    ("start", "policy"),
    ("whole", "whole"),
    ("policy", "whole"),
    ("start", "whole"),
];
(string Name, string[] Groups, Func<Detail, int> Of)[] cuts =
[
    ("all", ["all"], _ => 0),
    ("turn", ["20", "25", "30", "35", "40"], detail => (detail.Asked - 20) / 5),
    (
        "place",
        ["first fifth", "second", "third", "fourth", "last"],
        detail => 5 * (detail.Told - 1) / (detail.Asked - 1)
    ),
    (
        "distance",
        ["1 to 5", "6 to 10", "11 to 20", "21 to 30", "31 to 39"],
        detail =>
            (detail.Asked - detail.Told) switch
            {
                <= 5 => 0,
                <= 10 => 1,
                <= 20 => 2,
                <= 30 => 3,
                _ => 4,
            }
    ),
];

Dictionary<int, Log[]> logs = seeds.ToDictionary(seed => seed, ReadLogs);
Dictionary<string, Dictionary<int, string[]>> answers = arms.ToDictionary(
    Name,
    arm =>
        seeds.ToDictionary(seed => seed, seed => Lines(seed, $"{arm.Trained}-{arm.Served}", line => Text(line["text"])))
);
Dictionary<string, Dictionary<int, string[]>> prompts = new[] { "policy", "whole" }.ToDictionary(
    served => served,
    served => seeds.ToDictionary(seed => seed, seed => Lines(seed, $"prompts-{served}", Words))
);

List<Cell> cells = [];
foreach (var arm in arms)
{
    bool isFirst = arm == arms[0];
    cells.Add(Measure(Name(arm), "bookings", "all", "all", isFirst, (name, seed) => Bookings(name, seed)));
    foreach (var (cut, groups, of) in cuts)
    {
        for (int group = 0; group < groups.Length; group++)
        {
            int at = group;
            cells.Add(
                Measure(
                    Name(arm),
                    "details",
                    cut,
                    groups[at],
                    isFirst,
                    (name, seed) => Details(answers[name], seed, Exact, d => of(d) == at)
                )
            );
        }
    }
}

foreach (string served in prompts.Keys)
{
    foreach (var (cut, groups, of) in cuts)
    {
        for (int group = 0; group < groups.Length; group++)
        {
            int at = group;
            cells.Add(
                Measure(
                    served,
                    "in the prompt",
                    cut,
                    groups[at],
                    true,
                    (name, seed) => Details(prompts[name], seed, Held, d => of(d) == at)
                )
            );
        }
    }
}

Write();

// One value a log, 0 to 100, by the log's place; null where it has no such detail.
double?[] Bookings(string name, int seed) =>
    [.. logs[seed].Select((log, i) => (double?)(answers[name][seed][i].Trim() == log.Answer ? 100 : 0))];

double?[] Details(
    Dictionary<int, string[]> texts,
    int seed,
    Func<string, Log, int, bool> isRight,
    Predicate<Detail> counts
) =>
    [
        .. logs[seed]
            .Select(
                (log, i) =>
                    log
                        .Told.Select((told, slot) => (Slot: slot, Counts: counts(new Detail(told, log.Asked))))
                        .Where(detail => detail.Counts)
                        .Average(detail => isRight(texts[seed][i], log, detail.Slot) ? 100.0 : (double?)0)
            ),
    ];

static bool Exact(string answer, Log log, int slot) =>
    answer.Trim().Split(' ') is ["BOOK", .. string[] said] && slot < said.Length && said[slot] == log.Values[slot];

static bool Held(string prompt, Log log, int slot) => prompt.Split(' ', '.', ',', '\n').Contains(log.Values[slot]);

Cell Measure(string arm, string measure, string cut, string group, bool isFirst, Func<string, int, double?[]> values)
{
    double?[][] own = [.. seeds.Select(seed => values(arm, seed))];
    double[][] counted = [.. own.Select(Counted)];
    Cell cell = new(arm, measure, cut, group, counted.SelectMany(seed => seed).Average(), Bootstrap(counted))
    {
        Logs = counted.Sum(seed => seed.Length),
        BySeed =
            cut == "all"
                ? seeds
                    .Zip(counted)
                    .ToDictionary(seed => Invariant($"{seed.First}"), seed => seed.Second.DefaultIfEmpty().Average())
                : null,
    };
    if (isFirst)
    {
        return cell;
    }

    double[][] differences =
    [
        .. seeds.Select(
            (seed, i) => Counted([.. own[i].Zip(values(Name(arms[0]), seed), (one, first) => one - first)])
        ),
    ];
    return cell with
    {
        Difference = differences.SelectMany(seed => seed).Average(),
        DifferenceInterval = Bootstrap(differences),
    };
}

// The percentile bootstrap of mtt evaluate --compare: seeds are drawn, and within each its logs.
static Interval Bootstrap(double[][] values)
{
    const int draws = 2000;
    Random random = new(draws);
    double[] means = new double[draws];
    for (int draw = 0; draw < draws; draw++)
    {
        double[][] seeds = [.. values.Select(_ => values[random.Next(values.Length)])];
        means[draw] = seeds
            .SelectMany(seed => seed.Select(_ => seed[random.Next(seed.Length)]))
            .DefaultIfEmpty()
            .Average();
    }

    Array.Sort(means);
    return new(means[(int)(0.025 * draws)], means[(int)(0.975 * draws)]);
}

static double[] Counted(double?[] values) =>
    [.. values.Where(value => value is not null).Select(value => value!.Value)];

void Write()
{
    JsonSerializerOptions options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };
    File.WriteAllText(
        Path.Combine(folder, "table.json"),
        JsonSerializer.Serialize(new { seeds, cells }, options) + "\n"
    );
    Table[] tables = [Overall(), .. cuts[1..].Select(cut => ByCut(cut.Name, cut.Groups))];
    string legend =
        $"Per cent over {seeds.Length} {(seeds.Length == 1 ? "seed" : "seeds")} with 95 % intervals (bootstrap over seeds and logs); after them the difference from "
        + "policy, served with policy, paired by seed and log, with * where its interval excludes 0.";
    File.WriteAllText(
        Path.Combine(folder, "table.md"),
        string.Join("\n", tables.Select(table => table.ToMarkdown())) + $"\n{legend}\n"
    );
    File.WriteAllText(
        Path.Combine(folder, "table.html"),
        "<!DOCTYPE html><meta charset=utf-8><title>Trained and served under a context policy</title>"
            + "<style>body{font-family:sans-serif}td,th{padding:.2em .6em;text-align:left}</style>"
            + string.Concat(tables.Select(table => table.ToHtml()))
            + $"<p>{legend}</p>\n"
    );
}

Table Overall() =>
    new(
        "",
        ["trained on", "served with", "whole bookings", "details", "details in the prompt"],
        [
            .. arms.Select(arm =>
                (string[])
                    [
                        arm.Trained,
                        arm.Served,
                        Shown(Find(Name(arm), "bookings", "all", "all")),
                        Shown(Find(Name(arm), "details", "all", "all")),
                        Shown(Find(arm.Served, "in the prompt", "all", "all")),
                    ]
            ),
        ]
    );

Table ByCut(string cut, string[] groups) =>
    new(
        cut switch
        {
            "turn" => "Details, by the turn that asks",
            "place" => "Details, by the part of the log in which they were told",
            _ => "Details, by the turns since they were told",
        },
        ["trained on, served with", .. groups],
        [
            .. arms.Select(arm => (Name: Name(arm), Arm: Name(arm), Measure: "details"))
                .Append((Name: "in the policy's prompt", Arm: "policy", Measure: "in the prompt"))
                .Select(row =>
                    (string[])[row.Name, .. groups.Select(group => Shown(Find(row.Arm, row.Measure, cut, group)))]
                ),
        ]
    );

Cell Find(string arm, string measure, string cut, string group) =>
    cells.Single(cell => (cell.Arm, cell.Measure, cell.Cut, cell.Group) == (arm, measure, cut, group));

static string Shown(Cell cell)
{
    string text = Invariant($"{cell.Mean:F1} {Between(cell.Interval)}");
    return cell is { Difference: { } difference, DifferenceInterval: { } interval }
        ? Invariant($"{text}; {difference:+0.0;-0.0;0.0} {Between(interval)}{(interval.ExcludesZero ? "*" : "")}")
        : text;
}

static string Between(Interval interval) => Invariant($"[{interval.Low:F1}, {interval.High:F1}]");

static string Name((string Trained, string Served) arm) => $"{arm.Trained}, {arm.Served}";

static string Text(JsonNode? node) => (string?)node ?? "";

static string Words(JsonNode line) =>
    string.Join('\n', line["messages"]!.AsArray().Select(message => Text(message!["content"])));

string[] Lines(int seed, string name, Func<JsonNode, string> read) =>
    [
        .. File.ReadLines(Path.Combine(folder, $"seed-{seed}", $"{name}.jsonl"))
            .Select(line => read(JsonNode.Parse(line)!)),
    ];

Log[] ReadLogs(int seed) =>
    [
        .. File.ReadLines(Path.Combine(folder, $"seed-{seed}", "eval.jsonl"))
            .Select(line => JsonNode.Parse(line)!)
            .Select(line => new Log(
                Text(line["messages"]!.AsArray()[^1]!["content"]),
                line["messages"]!.AsArray().Count / 2,
                [.. line["metadata"]!["told"]!.AsArray().Select(turn => (int)turn!)]
            )),
    ];

/// <summary>A detail: the turn that told it, and the turn that asks for it, from 1.</summary>
record struct Detail(int Told, int Asked);

record Interval(double Low, double High)
{
    public bool ExcludesZero => Low > 0 || High < 0;
}

record Table(string Title, string[] Columns, string[][] Rows)
{
    public string ToMarkdown() =>
        (Title.Length > 0 ? $"{Title}:\n\n" : "")
        + string.Concat(
            ((string[][])[Columns, [.. Columns.Select(_ => "---")], .. Rows]).Select(row =>
                $"| {string.Join(" | ", row)} |\n"
            )
        );

    public string ToHtml() =>
        $"<h2>{Title}</h2><table>{Line(Columns, "th")}{string.Concat(Rows.Select(row => Line(row, "td")))}</table>\n";

    private static string Line(string[] cells, string tag) =>
        $"<tr>{string.Concat(cells.Select(cell => $"<{tag}>{cell}</{tag}>"))}</tr>";
}

record Log(string Answer, int Asked, int[] Told)
{
    public string[] Values => Answer.Split(' ')[1..];
}

record Cell(string Arm, string Measure, string Cut, string Group, double Mean, Interval Interval)
{
    public double? Difference { get; init; }

    public Interval? DifferenceInterval { get; init; }

    public int Logs { get; init; }

    public IReadOnlyDictionary<string, double>? BySeed { get; init; }
}
