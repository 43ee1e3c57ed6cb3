using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retention;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>How well the class of messages is found, by labels: counts of each label by what was found.</summary>
public sealed class RetentionScore
{
    private static readonly RetentionClass[] _classes = Enum.GetValues<RetentionClass>();

    private readonly long[,] _counts = new long[_classes.Length, _classes.Length];

    /// <summary>Labelled messages.</summary>
    public long Count => _counts.Cast<long>().Sum();

    /// <summary>Counts a message.</summary>
    /// <param name="label">What somebody says it is.</param>
    /// <param name="found">What was found.</param>
    public void Add(RetentionClass label, RetentionClass found) => _counts[(int)label, (int)found]++;

    /// <summary>Adds another's counts.</summary>
    public void Add(RetentionScore other)
    {
        foreach (RetentionClass label in _classes)
        {
            foreach (RetentionClass found in _classes)
            {
                _counts[(int)label, (int)found] += other._counts[(int)label, (int)found];
            }
        }
    }

    /// <summary>Of what was found to be of a class, the share that is.</summary>
    public double Precision(RetentionClass found) =>
        Share(_counts[(int)found, (int)found], _classes.Sum(label => _counts[(int)label, (int)found]));

    /// <summary>Of what is of a class, the share that was found.</summary>
    public double Recall(RetentionClass label) =>
        Share(_counts[(int)label, (int)label], _classes.Sum(found => _counts[(int)label, (int)found]));

    /// <summary>As JSON.</summary>
    public JsonFields ToJson()
    {
        JsonFields json = [];
        foreach (RetentionClass one in _classes.Reverse())
        {
            json[Naming.SnakeCase(one.ToString())] = new JsonFields
            {
                ["labelled"] = _classes.Sum(found => _counts[(int)one, (int)found]),
                ["precision"] = Math.Round(Precision(one), 4),
                ["recall"] = Math.Round(Recall(one), 4),
            };
        }

        return json;
    }

    private static double Share(long part, long whole) => whole == 0 ? 1 : (double)part / whole;
}

/// <summary>
/// What somebody says becomes of messages: <c>metadata.retention</c>, a list of <c>{"message", "class"}</c>, messages from 0 and classes <c>keep</c>,
/// <c>summarize</c> or <c>drop</c>.
/// </summary>
public static class RetentionLabels
{
    /// <summary>Scores a policy by the labels of a conversation; a whole message is what its weightiest sentence is.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="policy">What stays and what goes; null for the standard.</param>
    /// <param name="artefacts">What a model said of the messages; null where the rules say it.</param>
    /// <param name="score">Grows by the labelled messages.</param>
    /// <exception cref="MttException">A label has another form, or a model has not been asked.</exception>
    public static void Score(
        Conversation conversation,
        RetentionPolicy? policy,
        IArtefacts? artefacts,
        RetentionScore score
    )
    {
        foreach ((int index, RetentionClass label) in Read(conversation))
        {
            score.Add(label, MessageRetention.Whole(conversation.Messages[index], index, policy ?? new(), artefacts));
        }
    }

    /// <summary>What a model must be asked for that.</summary>
    public static IEnumerable<ArtefactRequest> Requests(Conversation conversation, RetentionPolicy policy) =>
        Read(conversation)
            .Select(label => RetentionReply.Request(policy, conversation.Messages[label.Message], label.Message))
            .OfType<ArtefactRequest>();

    private static List<(int Message, RetentionClass Class)> Read(Conversation conversation)
    {
        List<(int, RetentionClass)> labels = [];
        if (conversation.Metadata?.Get("retention") is not { Kind: JsonKind.Array } list)
        {
            return labels;
        }

        foreach (JsonView label in list.EnumerateArray())
        {
            labels.Add(
                label.Get("message") is { Kind: JsonKind.Number } number
                && number.TryGetInt32(out int message)
                && message >= 0
                && message < conversation.Messages.Count
                && RetentionReply.ClassOf(label.GetString("class") ?? "") is { } named
                    ? (message, named)
                    : throw new MttException(
                        Invariant(
                            $"{conversation.Place}: metadata.retention[{labels.Count}]: needs a message of the row, and a class"
                        ),
                        "Give {\"message\": 3, \"class\": \"keep\"}, messages counted from 0; classes are keep, summarize and drop."
                    )
            );
        }

        return labels;
    }
}
