namespace MultiTurnTrainer.Context.Constraints;

/// <summary>A constraint with where it came from.</summary>
/// <param name="Text">The user's sentence, word for word.</param>
/// <param name="Message">The message it stands in.</param>
/// <param name="Turn">That message's turn, from 0.</param>
/// <param name="IsUncertain">Whether no rule could place it, so that it is kept to be safe.</param>
/// <param name="IsNonNegotiable">Whether the user says that it holds whatever happens.</param>
public sealed record ActiveConstraint(string Text, int Message, int Turn, bool IsUncertain, bool IsNonNegotiable);

/// <summary>
/// The constraints in force: each stays until its user withdraws it. Nothing else takes one away, no summary, no budget
/// and no assistant.
/// </summary>
internal sealed class ConstraintLedger
{
    private readonly List<ActiveConstraint> _active = [];

    /// <summary>Those in force, oldest first.</summary>
    public IReadOnlyList<ActiveConstraint> Active => _active;

    /// <summary>Counts up whenever they change.</summary>
    public int Version { get; private set; }

    /// <summary>Takes over what a user's message says.</summary>
    /// <param name="sentences">Its sentences.</param>
    /// <param name="message">Its index.</param>
    /// <param name="turn">Its turn.</param>
    /// <param name="withdrawn">Grows by what is lifted.</param>
    /// <returns>Whether anything changed.</returns>
    public bool Add(
        IReadOnlyList<ClassifiedSentence> sentences,
        int message,
        int turn,
        List<ActiveConstraint> withdrawn
    )
    {
        int gone = withdrawn.Count;
        int added = 0;
        foreach (ClassifiedSentence sentence in sentences)
        {
            if (sentence.Withdraws)
            {
                Withdraw(sentence.Text, withdrawn);
            }
            else if (
                (sentence.Class == TurnClass.Constraint || sentence.IsUncertain)
                && !_active.Exists(known => known.Text.Equals(sentence.Text, StringComparison.OrdinalIgnoreCase))
            )
            {
                added++;
                _active.Add(new(sentence.Text, message, turn, sentence.IsUncertain, sentence.IsNonNegotiable));
            }
        }

        bool changed = added > 0 || withdrawn.Count > gone;
        Version += changed ? 1 : 0;
        return changed;
    }

    /// <summary>Takes the place of a ledger that was saved.</summary>
    public void Restore(IReadOnlyList<ActiveConstraint> active, int version)
    {
        _active.AddRange(active);
        Version = version;
    }

    private void Withdraw(string sentence, List<ActiveConstraint> withdrawn)
    {
        HashSet<string> words = [.. ContentWords.Of(sentence)];
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (ContentWords.Of(_active[i].Text).Any(words.Contains))
            {
                withdrawn.Add(_active[i]);
                _active.RemoveAt(i);
            }
        }
    }
}
