using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Persona;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>How far the answers of some turns have drifted.</summary>
/// <param name="Least">The first of the turns, from 1; the next entry's is the first that is none of them.</param>
/// <param name="Answers">Answers that were measured.</param>
/// <param name="Mean">Their mean score.</param>
public readonly record struct DriftAtTurn(int Least, long Answers, double Mean);

/// <summary>How far the answers of some conversations have drifted from persona and tone, in sums.</summary>
public sealed class ToneSums
{
    private static readonly int[] _least = [1, 2, 4, 8, 16, 32, 64];

    private readonly SortedDictionary<string, long> _deviations = new(StringComparer.Ordinal);
    private readonly long[] _answersAt = new long[_least.Length];
    private readonly double[] _scoreAt = new double[_least.Length];

    /// <summary>Answers that were measured.</summary>
    public long Answers { get; private set; }

    /// <summary>Their scores together.</summary>
    public double Score { get; private set; }

    /// <summary>Answers that deviate at all.</summary>
    public long Off { get; private set; }

    /// <summary>Answers that a judge should have judged and gave no verdict on that can be read.</summary>
    public long Unjudged { get; private set; }

    /// <summary>The mean score; 0 where nothing was measured.</summary>
    public double Mean => Answers == 0 ? 0 : Score / Answers;

    /// <summary>How many answers deviate, by what they deviate in.</summary>
    public IReadOnlyDictionary<string, long> Deviations => _deviations;

    /// <summary>The drift by rising turn; turns without an answer are left out.</summary>
    public IReadOnlyList<DriftAtTurn> ByTurn =>
        [
            .. _least
                .Select((least, i) => new DriftAtTurn(least, _answersAt[i], _scoreAt[i] / Math.Max(1, _answersAt[i])))
                .Where(turns => turns.Answers > 0),
        ];

    /// <summary>Counts an answer.</summary>
    public void Add(ToneDrift drift)
    {
        Answers++;
        Score += drift.Score;
        int place = Array.FindLastIndex(_least, least => drift.Turn + 1 >= least);
        _answersAt[place]++;
        _scoreAt[place] += drift.Score;
        Off += drift.Deviations.Count > 0 ? 1 : 0;
        Unjudged += drift.IsUnjudged ? 1 : 0;
        foreach (ToneDeviation deviation in drift.Deviations)
        {
            _deviations[deviation.What] = _deviations.GetValueOrDefault(deviation.What) + 1;
        }
    }

    /// <summary>Adds another's sums.</summary>
    public void Add(ToneSums other)
    {
        Answers += other.Answers;
        Score += other.Score;
        Off += other.Off;
        Unjudged += other.Unjudged;
        for (int i = 0; i < _least.Length; i++)
        {
            _answersAt[i] += other._answersAt[i];
            _scoreAt[i] += other._scoreAt[i];
        }

        foreach ((string what, long count) in other._deviations)
        {
            _deviations[what] = _deviations.GetValueOrDefault(what) + count;
        }
    }

    /// <summary>As JSON.</summary>
    public JsonFields ToJson() =>
        new()
        {
            ["answers"] = Answers,
            ["mean_drift"] = Math.Round(Mean, 6),
            ["off"] = Off,
            ["unjudged"] = Unjudged,
            ["deviations"] = _deviations,
            ["by_turn"] = ByTurn.Select(turns => new JsonFields
            {
                ["from"] = turns.Least,
                ["answers"] = turns.Answers,
                ["mean_drift"] = Math.Round(turns.Mean, 6),
            }),
        };
}

/// <summary>Follows one conversation and measures its answers by a policy's tone.</summary>
/// <param name="policy">Persona and tone.</param>
/// <param name="artefacts">What a judge said; null where none was asked.</param>
public sealed class ToneMeter(ContextPolicy policy, IArtefacts? artefacts)
{
    private string _question = "";
    private int _index;
    private int _turn = -1;

    /// <summary>Whether a verdict that is not on record is passed over, and not an error.</summary>
    public bool IsLenient { get; init; }

    /// <summary>Told of each verdict that was passed over; null for nobody.</summary>
    public Action<ArtefactRequest>? Missed { get; init; }

    /// <summary>Takes over a message of the record.</summary>
    /// <returns>What an answer's text does against the tone; null for other messages, and where the policy asks for none.</returns>
    /// <exception cref="ArtefactMissingException">The policy names a judge, who has not been asked.</exception>
    public ToneDrift? Append(Message message)
    {
        ToneDrift? drift =
            policy.Tone is { } tone && message is { Role: Role.Assistant, Content: { Length: > 0 } answer }
                ? Drift(answer, tone) with
                {
                    Turn = Math.Max(0, _turn),
                }
                : null;
        if (message.Role == Role.User)
        {
            _question = message.Content ?? "";
            _turn++;
        }

        _index++;
        return drift;
    }

    /// <summary>What a judge must be asked of a conversation.</summary>
    public static IEnumerable<ArtefactRequest> Requests(ContextPolicy policy, IReadOnlyList<Message> messages)
    {
        string question = "";
        for (int i = 0; i < messages.Count; i++)
        {
            if (
                messages[i] is { Role: Role.Assistant, Content: { Length: > 0 } answer }
                && ToneJudgement.Request(policy, question, answer, PlaceOf(i)) is { } request
            )
            {
                yield return request;
            }

            question = messages[i].Role == Role.User ? messages[i].Content ?? "" : question;
        }
    }

    private static string PlaceOf(int message) => Invariant($"messages[{message}]");

    private ToneDrift Drift(string answer, TonePolicy tone)
    {
        IReadOnlyList<ToneDeviation> byRule = ToneCheck.Find(answer, tone);
        if (ToneJudgement.Request(policy, _question, answer, PlaceOf(_index)) is not { } request)
        {
            return new ToneDrift(byRule);
        }

        Artefact? judged = artefacts?.Find(request.Key);
        if (judged is null)
        {
            Missed?.Invoke(request);
        }

        return judged is null && !IsLenient ? throw new ArtefactMissingException([request])
            : judged is null || !ToneJudgement.IsReadable(judged) ? new ToneDrift(byRule, IsUnjudged: true)
            : ToneJudgement.Read(judged) is { } deviation ? new ToneDrift([.. byRule, deviation])
            : new ToneDrift(byRule);
    }
}
