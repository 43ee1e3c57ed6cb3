using MultiTurnTrainer.Synthesis.Dialogues;

namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>Gathers the measures of one round over all dialogues.</summary>
internal sealed class RoundCounter
{
    private const double NearlySame = 0.8;

    private readonly NGrams _questions1 = new(1);
    private readonly NGrams _questions2 = new(2);
    private readonly NGrams _answers3 = new(3);
    private readonly Mean _difficulty = new();
    private readonly Mean _easy = new();
    private readonly Mean _hard = new();
    private readonly Mean _reasoning = new();
    private readonly Mean _linkage = new();
    private readonly Mean _depth = new();
    private readonly Mean _answerRepetition = new();
    private readonly Mean _repeatedQuestions = new();
    private readonly Mean _questionWords = new();
    private readonly Mean _answerWords = new();
    private readonly Mean _positive = new();
    private readonly Mean _sameVerdict = new();
    private readonly Mean _overlap = new();
    private readonly Mean _score = new();
    private readonly Mean _scoreDifference = new();
    private readonly Mean _revisions = new();
    private int _dialogues;

    /// <summary>Tags of this round's questions.</summary>
    public HashSet<string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>The content words of every question, for the topics.</summary>
    public List<string[]> QuestionContents { get; } = [];

    public void Add(Round round, IReadOnlyList<Round> earlier)
    {
        _dialogues++;
        List<string> question = Words.Of(round.Question);
        List<string> answer = Words.Of(round.Answer);
        HashSet<string> content = question.Where(Words.IsContent).ToHashSet(StringComparer.Ordinal);
        QuestionContents.Add([.. content]);
        Tags.UnionWith(Quality.Tags.Of(question));
        _questions1.Add(question);
        _questions2.Add(question);
        _answers3.Add(answer);
        _questionWords.Add(question.Count);
        _answerWords.Add(answer.Count);
        _revisions.Add(round.Drafts.Count - 1);
        double difficulty = Difficulty.Of(question);
        _difficulty.Add(difficulty);
        _easy.Add(difficulty < Difficulty.Medium);
        _hard.Add(difficulty >= Difficulty.Hard);
        _reasoning.Add(Difficulty.AsksForReasoning(question));
        if (round.Direction is { } direction)
        {
            _depth.Add(direction == "depth");
        }

        if (earlier.Count > 0)
        {
            AddRepetition(content, answer, earlier);
        }

        AddAgreement(round.Drafts[^1]);
    }

    /// <summary>The measures.</summary>
    /// <param name="number">The round, from 1.</param>
    /// <param name="newTags">Tags first seen in it.</param>
    /// <param name="allTags">Different tags of the run.</param>
    /// <param name="topics">Different topics of this round.</param>
    public RoundQuality Report(int number, int newTags, int allTags, int topics) =>
        new()
        {
            Round = number,
            Dialogues = _dialogues,
            QuestionDistinct1 = Math.Round(_questions1.Distinct, 6),
            QuestionDistinct2 = Math.Round(_questions2.Distinct, 6),
            AnswerDistinct3 = Math.Round(_answers3.Distinct, 6),
            UniqueTags = Tags.Count,
            NewTags = newTags,
            NewTagShare = allTags == 0 ? 0 : Math.Round((double)newTags / allTags, 6),
            Topics = topics,
            Difficulty = _difficulty.Value ?? 0,
            EasyShare = _easy.Value ?? 0,
            HardShare = _hard.Value ?? 0,
            ReasoningShare = _reasoning.Value ?? 0,
            Linkage = _linkage.Value,
            DepthShare = _depth.Value,
            AnswerRepetition = _answerRepetition.Value,
            RepeatedQuestions = _repeatedQuestions.Value,
            QuestionWords = _questionWords.Value ?? 0,
            AnswerWords = _answerWords.Value ?? 0,
            PositiveVerdicts = _positive.Value,
            VerdictAgreement = _sameVerdict.Value,
            ReviewOverlap = _overlap.Value,
            Score = _score.Value,
            ScoreDifference = _scoreDifference.Value,
            Revisions = _revisions.Value ?? 0,
        };

    private void AddRepetition(HashSet<string> content, List<string> answer, IReadOnlyList<Round> earlier)
    {
        HashSet<string> before = earlier
            .SelectMany(round => Words.Of(round.Question).Concat(Words.Of(round.Answer)))
            .ToHashSet(StringComparer.Ordinal);
        if (content.Count > 0)
        {
            _linkage.Add((double)content.Count(before.Contains) / content.Count);
        }

        HashSet<ulong> said = earlier.SelectMany(round => NGrams.Hashes(Words.Of(round.Answer), 4)).ToHashSet();
        ulong[] grams = [.. NGrams.Hashes(answer, 4)];
        if (grams.Length > 0)
        {
            _answerRepetition.Add((double)grams.Count(said.Contains) / grams.Length);
        }

        _repeatedQuestions.Add(
            earlier.Any(round => Words.Jaccard(Words.ContentOf(round.Question), content) >= NearlySame)
        );
    }

    private void AddAgreement(Draft draft)
    {
        AnswerReview[] reviews = [.. draft.Reviews.Where(review => review.Text is not null)];
        foreach (AnswerReview review in reviews)
        {
            if (review.Verdict is { } verdict)
            {
                _positive.Add(verdict == "sufficient");
            }

            if (review.Scores is { } scores)
            {
                _score.Add(scores.Values.Average());
            }
        }

        HashSet<string>[] words = [.. reviews.Select(review => Words.ContentOf(review.Text!))];
        for (int i = 0; i < reviews.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                _overlap.Add(Words.Jaccard(words[i], words[j]));
                if (reviews[i].Verdict is { } a && reviews[j].Verdict is { } b)
                {
                    _sameVerdict.Add(a == b);
                }

                if (reviews[i].Scores is { } mine && reviews[j].Scores is { } its)
                {
                    _scoreDifference.Add(Math.Abs(mine.Values.Average() - its.Values.Average()));
                }
            }
        }
    }
}
