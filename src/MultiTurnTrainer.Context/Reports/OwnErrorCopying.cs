using MultiTurnTrainer.Context.Cleaning;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>
/// Follows one conversation and counts how often answers say a value again that an earlier answer had and the user has corrected since: a
/// model that copies its own errors from the prompt. Only corrections that name both values are seen, in English wording.
/// </summary>
public sealed class OwnErrorCopying
{
    private readonly List<string> _answers = [];
    private readonly HashSet<string> _wrong = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Answers after a correction.</summary>
    public long Answers { get; private set; }

    /// <summary>Those of them that say a corrected value again.</summary>
    public long Copies { get; private set; }

    /// <summary>Takes over a message of the record.</summary>
    public void Append(Message message)
    {
        string text = message.Content ?? "";
        if (message.Role == Role.User && CorrectionDetector.Find(text) is not null)
        {
            foreach (ValueRevision revision in CorrectionDetector.Revisions(text, _answers))
            {
                _wrong.Add(revision.Old);
                _wrong.Remove(revision.New);
            }
        }
        else if (message.Role == Role.Assistant)
        {
            Answers += _wrong.Count > 0 ? 1 : 0;
            Copies += _wrong.Any(value => CorrectionDetector.Holds(text, value)) ? 1 : 0;
            _answers.Add(text);
        }
    }
}
