// Folder Reports: what an audit found, as JSON, SARIF and a page.
// Refuses to know: how it was found.
using MultiTurnTrainer.Audit.Comparing;

namespace MultiTurnTrainer.Audit.Reports;

/// <summary>What an audit found.</summary>
/// <param name="Subject">What was audited: the files, or the trainer and its settings.</param>
/// <param name="Counts">The counts.</param>
/// <param name="Allowed">Kinds or causes that are not counted as found: <c>lost</c>, <c>lost/cut</c>.</param>
public sealed record AuditReport(string Subject, AuditCounts Counts, IReadOnlyList<string> Allowed)
{
    /// <summary>The causes that are not allowed.</summary>
    public IEnumerable<KeyValuePair<AuditCause, CauseCount>> Found =>
        Counts.Causes.Where(cause => !IsAllowed(cause.Key));

    /// <summary>Whether anything was found that is not allowed.</summary>
    public bool HasFindings => Found.Any();

    /// <summary>Whether a cause is allowed.</summary>
    public bool IsAllowed(AuditCause cause) =>
        Allowed.Contains(cause.Name) || Allowed.Contains(AuditCause.KindName(cause.Kind));

    /// <summary>The whole as a JSON object.</summary>
    public string ToJson() =>
        JsonText.Page(
            new JsonFields
            {
                ["schemaVersion"] = 1,
                ["subject"] = Subject,
                ["summary"] = new JsonFields
                {
                    ["conversations"] = Counts.Conversations,
                    ["rows"] = Counts.Rows,
                    ["right_rows"] = Counts.RightRows,
                    ["compared_tokens"] = Counts.Compared,
                    ["supervised_tokens"] = Counts.Supervised,
                    ["right_tokens"] = Counts.Right,
                },
                ["causes"] = Counts.Causes.Select(Describe),
            }
        );

    /// <summary>SARIF 2.1.0: a rule for each cause, a result for each kept place.</summary>
    public string ToSarif()
    {
        KeyValuePair<AuditCause, CauseCount>[] found = [.. Found];
        IEnumerable<JsonFields> rules = found.Select(cause => new JsonFields
        {
            ["id"] = cause.Key.Name,
            ["shortDescription"] = new { text = cause.Key.Meaning },
            ["defaultConfiguration"] = new { level = "error" },
        });
        IEnumerable<JsonFields> results = found.SelectMany(
            (cause, index) => cause.Value.Examples.Select(example => Result(cause.Key, cause.Value, example, index))
        );
        return JsonText.Page(
            new JsonFields
            {
                ["$schema"] = "https://json.schemastore.org/sarif-2.1.0.json",
                ["version"] = "2.1.0",
                ["runs"] = new[]
                {
                    new JsonFields
                    {
                        ["tool"] = new
                        {
                            driver = new JsonFields
                            {
                                ["name"] = "mtt",
                                ["version"] = Manifest.ToolVersion,
                                ["rules"] = rules,
                            },
                        },
                        ["columnKind"] = "utf16CodeUnits",
                        ["results"] = results,
                    },
                },
            }
        );
    }

    private JsonFields Describe(KeyValuePair<AuditCause, CauseCount> cause) =>
        new()
        {
            ["kind"] = AuditCause.KindName(cause.Key.Kind),
            ["cause"] = cause.Key.Code,
            ["meaning"] = cause.Key.Meaning,
            ["allowed"] = IsAllowed(cause.Key),
            ["tokens"] = cause.Value.Tokens,
            ["answers"] = cause.Value.Answers,
            ["rows"] = cause.Value.Rows,
            ["examples"] = cause.Value.Examples.Select(example =>
                new JsonFields
                {
                    ["file"] = example.File,
                    ["line"] = example.Line,
                    ["row"] = example.Row,
                    ["message"] = example.Message < 0 ? null : example.Message,
                    ["detail"] = example.Detail,
                }.AddPresent(
                    "text",
                    example.View is null ? null : string.Concat(example.View.Tokens.Select(token => token.Text))
                )
            ),
        };

    private static JsonFields Result(AuditCause cause, CauseCount count, AuditExample example, int index)
    {
        string detail = example.Detail.Length == 0 ? "" : $": {example.Detail}";
        return new JsonFields
        {
            ["ruleId"] = cause.Name,
            ["ruleIndex"] = index,
            ["level"] = "error",
            ["message"] = new { text = $"{cause.Meaning}{detail} ({Counted.Of(count.Rows, "row")} in all)" },
            ["locations"] = new[]
            {
                new
                {
                    physicalLocation = new
                    {
                        artifactLocation = new
                        {
                            uri = Uri(example.File.Length > 0 ? example.File : example.Row.Split(':')[0]),
                        },
                        region = new { startLine = Math.Max(1, example.Line) },
                    },
                },
            },
        };
    }

    private static string Uri(string file) => string.Join('/', file.Split('/').Select(System.Uri.EscapeDataString));
}
