using System.Text;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Duplicates;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Tests.Findings;

/// <summary>
/// <c>datasets/broken</c> shows every code of the catalogue, each at the row that is named after it; the rules of <c>--target</c>
/// have tests of their own.
/// </summary>
public class BrokenSetTests
{
    private static readonly string _folder = Path.Combine(Repository.Root, "datasets/broken");

    [Fact]
    public void Validate_BrokenSet_ShowsEveryCode()
    {
        SortedSet<string> expected =
        [
            .. Catalogue
                .All.Where(rule => !rule.Name.StartsWith("target-", StringComparison.Ordinal))
                .Select(rule => rule.Code),
        ];
        SortedSet<string> found = [.. Findings(new ValidationOptions()).Select(finding => finding.Code)];
        found.UnionWith(Findings(new ValidationOptions { MaxRowBytes = 300 }).Select(finding => finding.Code));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Validate_EveryNamedRow_HasTheFindingOfItsName()
    {
        ILookup<(string, long), string> found = Findings(new ValidationOptions())
            .ToLookup(finding => (finding.File, finding.Line), finding => Catalogue.Find(finding.Code)!.Name);
        foreach (string file in Directory.GetFiles(_folder, "*.jsonl"))
        {
            // Two rows share an id where that is the mistake; the second one has the finding.
            IEnumerable<IGrouping<string, long>> named = File.ReadAllText(file, Encoding.Latin1)
                .Split('\n')
                .Select((line, index) => (Id: line.Split('"') is [_, "id", _, var id, ..] ? id : "", Line: index + 1L))
                .Where(row => Catalogue.Find(row.Id) is not null)
                .GroupBy(row => row.Id, row => row.Line);
            foreach (IGrouping<string, long> rows in named)
            {
                Assert.True(found[(file, rows.Last())].Contains(rows.Key), $"{file}:{rows.Last()} lacks {rows.Key}");
            }
        }
    }

    [Fact]
    public void Validate_FirstRow_IsClean() =>
        Assert.DoesNotContain(
            Findings(new ValidationOptions()),
            finding => finding.Line == 1 && finding.File.EndsWith("broken.jsonl", StringComparison.Ordinal)
        );

    private static List<Finding> Findings(ValidationOptions options)
    {
        List<Finding> findings = [];
        ValidationOptions all = options with
        {
            Duplicates = DuplicateMode.All,
            Evaluation = [Path.Combine(_folder, "eval.jsonl")],
            Model = new ShortModel(),
            Unreadable = _ => { },
        };
        new Validator(all, findings.Add).Run(
            Directory
                .GetFiles(_folder)
                .Where(path => Path.GetFileName(path) is not ("eval.jsonl" or "README.md"))
                .Order(StringComparer.Ordinal)
        );
        return findings;
    }

    private sealed class ShortModel : IModelLimits
    {
        public IReadOnlyList<string> ControlTokens { get; } = ["<|im_start|>", "<|im_end|>"];

        public int? MaxTokens => 64;

        public int? CountRowTokens(Conversation conversation) => null;

        public int CountTokens(ReadOnlySpan<byte> utf8) => utf8.Count((byte)' ') + 1;
    }
}
