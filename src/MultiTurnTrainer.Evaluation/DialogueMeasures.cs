using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What is measured of what was said in a dialogue; see <see cref="Definitions"/>.</summary>
/// <param name="FirstWrong">The reply, from 1, that first committed itself to a wrong answer; null for none.</param>
/// <param name="TooEarly">Whether the first answer came before every shard was revealed.</param>
/// <param name="Ignored">Revealed shards of which no reply since says a fact.</param>
/// <param name="RecoveredAfter">Replies from the first wrong answer to the first right one; null where none is right.</param>
/// <param name="Recalls">By shard, how many turns before the last reply it was revealed, and whether that reply says its fact.</param>
/// <param name="WritesUser">Replies that go on to write the user's turn.</param>
public sealed partial record DialogueMeasures(
    int? FirstWrong,
    bool TooEarly,
    IReadOnlyList<int> Ignored,
    int? RecoveredAfter,
    IReadOnlyList<FactRecall> Recalls,
    int WritesUser
)
{
    /// <summary>What the words of the tables mean, one definition a line.</summary>
    public static IReadOnlyList<(string Term, string Meaning)> Definitions { get; } =
    [
        (
            "score",
            "1 for a right answer, 0 for a wrong one; BLEU or chrF divided by 100 where the table says so. Means are in percent."
        ),
        (
            "any",
            "A dialogue counts 1 if any of its replies is right, else the score of its last answer (the published measure)."
        ),
        ("last", "The score of the last reply alone."),
        ("by the benchmark's own scorer", "The published measure with the faults of the published scorer kept."),
        (
            "A, aptitude",
            "The 90th percentile of a task's scores over its runs, averaged over tasks; linear interpolation at rank p(N-1)."
        ),
        ("U, unreliability", "The 90th less the 10th percentile, averaged over tasks."),
        ("intervals", "95 %, percentile bootstrap over tasks (over seeds and tasks where there are several seeds)."),
        ("first wrong commitment", "The first reply that is an answer and is wrong."),
        ("too early", "The first answer came before the user had revealed every shard."),
        ("fact of a shard", "Its numbers; where it has none, its longest word of more than four letters."),
        ("shard ignored", "No reply from its turn on says a fact of the shard."),
        (
            "recovery",
            "After a first wrong answer a later reply is right; counted over dialogues in which a reply follows a wrong answer."
        ),
        (
            "fact recall by distance",
            "The last reply says a fact of a shard that was revealed so many user turns before."
        ),
        (
            "writes the user's turn",
            "A reply has a line that opens a turn of the user: a role's name with a colon, or a chat template's mark. It is the symptom of a mask that lets a model learn past its own turn."
        ),
        ("cut", "A reply ended at the most tokens allowed; it is scored as it stands."),
    ];

    private const int Examples = 3;

    /// <summary>The dialogues with their measures, and without their words but for the first that got lost.</summary>
    internal static IEnumerable<PlayedDialogue> Measured(IEnumerable<PlayedDialogue> dialogues)
    {
        Dictionary<string, int> shown = [];
        foreach (PlayedDialogue played in dialogues)
        {
            DialogueMeasures measures = Of(played);
            bool isLost = !played.IsCorrectLast && played.Replies.Count > 1;
            int number = isLost ? shown[played.ConvType] = shown.GetValueOrDefault(played.ConvType) + 1 : Examples + 1;
            yield return played with
            {
                Measures = measures,
                Trace = number <= Examples ? played.Trace : [],
            };
        }
    }

    private static DialogueMeasures Of(PlayedDialogue played)
    {
        string[] said = [.. played.Trace.Where(turn => turn.Role == "assistant").Select(turn => turn.Content)];
        IReadOnlyList<PlayedReply> replies = played.Replies;
        int wrong = replies.ToList().FindIndex(reply => reply.IsAttempt && !reply.IsCorrect);
        int right = wrong < 0 ? -1 : replies.ToList().FindIndex(wrong, reply => reply.IsCorrect);
        int attempt = replies.ToList().FindIndex(reply => reply.IsAttempt);
        int revealed = played.RevealedAt.Values.DefaultIfEmpty(0).Max();
        List<int> ignored = [];
        List<FactRecall> recalls = [];
        int users = played.Trace.Count(turn => turn.Role == "user");
        for (int i = 0; i < played.Shards.Count; i++)
        {
            if (!played.RevealedAt.TryGetValue(Invariant($"{i + 1}"), out int turn))
            {
                continue;
            }

            string[] facts = Facts(played.Shards[i]);
            if (facts.Length == 0)
            {
                continue;
            }

            bool Says(string reply) => facts.Any(fact => reply.Contains(fact, StringComparison.OrdinalIgnoreCase));
            recalls.Add(new FactRecall(users - turn, Says(said[^1])));
            if (!said.Skip(turn - 1).Any(Says))
            {
                ignored.Add(i + 1);
            }
        }

        return new DialogueMeasures(
            wrong < 0 ? null : wrong + 1,
            attempt >= 0 && attempt + 1 < revealed,
            ignored,
            right < 0 ? null : right - wrong,
            recalls,
            // What the script put into its mouth comes first.
            said.TakeLast(replies.Count).Count(reply => UserTurn().IsMatch(reply))
        );
    }

    private static string[] Facts(string shard)
    {
        string[] numbers = [.. Number().Matches(shard).Select(match => match.Value.TrimEnd('.', ','))];
        return numbers.Length > 0
            ? numbers
            : [.. Word().Matches(shard).Select(match => match.Value).OrderByDescending(word => word.Length).Take(1)];
    }

    [GeneratedRegex(@"\d[\d.,]*")]
    private static partial Regex Number();

    [GeneratedRegex(@"\p{L}{5,}")]
    private static partial Regex Word();

    [GeneratedRegex(
        @"^\s*(?:user|human)\s*:|^\s*#{2,}\s*(?:user|human|instruction)\b|<\|im_start\|>\s*user|<\|start_header_id\|>\s*user|<\|user\|>|<start_of_turn>\s*user|\[INST\]",
        RegexOptions.IgnoreCase | RegexOptions.Multiline
    )]
    private static partial Regex UserTurn();
}

/// <summary>Whether the last reply says a shard's fact.</summary>
/// <param name="Distance">User turns since it was revealed.</param>
/// <param name="Said">Whether it does.</param>
public readonly record struct FactRecall(int Distance, bool Said);
