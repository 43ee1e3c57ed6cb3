using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Runs;

/// <summary>Refusals that say the same, told once with their number and the first places.</summary>
internal sealed class RefusalGroups
{
    private const int MostGroups = 1000;
    private const int ShownGroups = 10;
    private const int ShownPlaces = 3;

    private readonly Dictionary<(string Code, string Text), Group> _groups = [];
    private long _others;

    /// <summary>Adds a refusal.</summary>
    public void Add(RowFinding finding)
    {
        (string Code, string Text) key = (finding.Code, finding.Text);
        if (!_groups.TryGetValue(key, out Group? group))
        {
            if (_groups.Count == MostGroups)
            {
                _others++;
                return;
            }

            _groups[key] = group = new Group();
        }

        group.Count++;
        if (group.First.Count < ShownPlaces)
        {
            group.First.Add(finding);
        }
    }

    /// <summary>A line for each kind, the most frequent first.</summary>
    public IEnumerable<string> Lines
    {
        get
        {
            Group[] sorted = [.. _groups.Values.OrderByDescending(group => group.Count)];
            long more = _others + sorted.Skip(ShownGroups).Sum(group => group.Count);
            return
            [
                .. sorted.Take(ShownGroups).SelectMany(Text),
                .. more > 0 ? (string[])[$"… and {Counted.Of(more, "more refusal")}"] : [],
            ];
        }
    }

    // So few are told one by one.
    private static IEnumerable<string> Text(Group group)
    {
        if (group.Count <= ShownPlaces)
        {
            return group.First.Select(finding => finding.ToString());
        }

        RowFinding one = group.First[0];
        IEnumerable<string> places = group.First.Select(finding => finding.Where);
        return [$"{group.Count:N0} times: {one.Text} [{one.Code}]: {string.Join(", ", places)}, …"];
    }

    private sealed class Group
    {
        public long Count { get; set; }

        public List<RowFinding> First { get; } = [];
    }
}
