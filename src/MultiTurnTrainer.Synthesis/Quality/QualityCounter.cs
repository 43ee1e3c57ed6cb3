using MultiTurnTrainer.Synthesis.Dialogues;

namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>Gathers the measures of a run, one conversation at a time.</summary>
/// <param name="reviewers">Reviewers of the run.</param>
internal sealed class QualityCounter(int reviewers)
{
    private readonly List<RoundCounter> _rounds = [];
    private int _dialogues;

    public void Add(DialogueResult dialogue)
    {
        _dialogues++;
        for (int i = 0; i < dialogue.Rounds.Count; i++)
        {
            if (i == _rounds.Count)
            {
                _rounds.Add(new RoundCounter());
            }

            _rounds[i].Add(dialogue.Rounds[i], [.. dialogue.Rounds.Take(i)]);
        }
    }

    public QualityReport Report()
    {
        HashSet<string> all = new(StringComparer.Ordinal);
        List<int> fresh = [];
        foreach (RoundCounter round in _rounds)
        {
            int before = all.Count;
            all.UnionWith(round.Tags);
            fresh.Add(all.Count - before);
        }

        List<HashSet<string>> topics = Topics();
        RoundQuality[] rounds =
        [
            .. _rounds.Select((round, i) => round.Report(i + 1, fresh[i], all.Count, topics[i].Count)),
        ];
        int allTopics = topics.SelectMany(round => round).Distinct(StringComparer.Ordinal).Count();
        return new QualityReport(reviewers, _dialogues, all.Count, allTopics, rounds);
    }

    /// <summary>The topics of every round: each question's content word that most questions of the run have.</summary>
    private List<HashSet<string>> Topics()
    {
        Dictionary<string, int> frequency = new(StringComparer.Ordinal);
        foreach (string word in _rounds.SelectMany(round => round.QuestionContents).SelectMany(words => words))
        {
            frequency[word] = frequency.GetValueOrDefault(word) + 1;
        }

        return
        [
            .. _rounds.Select(round =>
                round
                    .QuestionContents.Where(words => words.Length > 0)
                    .Select(words =>
                        words
                            .OrderByDescending(word => frequency[word])
                            .ThenBy(word => word, StringComparer.Ordinal)
                            .First()
                    )
                    .ToHashSet(StringComparer.Ordinal)
            ),
        ];
    }
}
