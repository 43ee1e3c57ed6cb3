using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retention;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>A sentence that stays word for word though its turn has left.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Message">Its message.</param>
/// <param name="IsUsers">Whether the user said it, and not the assistant.</param>
/// <param name="Tokens">Its tokens.</param>
public sealed record KeptSentence(string Text, int Message, bool IsUsers, int Tokens);

/// <summary>What of the messages that leave stays word for word, may be summarised or may go.</summary>
/// <param name="policy">What stays and what goes.</param>
/// <param name="desk">Finds what a model said of it.</param>
/// <param name="count">Tokens of a text.</param>
internal sealed class SelectiveRetention(RetentionPolicy policy, ArtefactDesk desk, Func<string, int> count)
{
    private readonly Dictionary<int, IReadOnlyList<RetainedSentence>> _known = [];
    private readonly List<KeptSentence> _kept = [];

    /// <summary>The sentences that stay, oldest first.</summary>
    public IReadOnlyList<KeptSentence> Kept => _kept;

    /// <summary>Counts up whenever they change.</summary>
    public int Version { get; private set; }

    /// <summary>Whether tool results become placeholders as soon as their turn is over.</summary>
    public bool DropsChunks => policy.Drop.Contains(SaidKind.Chunk);

    /// <summary>Makes sure that everything a model says of some messages is on record.</summary>
    /// <exception cref="ArtefactMissingException">Something is not, all of which is named.</exception>
    public void Require(IEnumerable<Entry> entries)
    {
        if (policy.Model.Length > 0)
        {
            desk.Require(entries.Where(IsSaid).Select(Request).OfType<ArtefactRequest>());
        }
    }

    /// <summary>A message's sentences with what becomes of them; a model's word counts where it can be used, else the rules'.</summary>
    public IReadOnlyList<RetainedSentence> Of(Entry entry)
    {
        if (!_known.TryGetValue(entry.Index, out IReadOnlyList<RetainedSentence>? found))
        {
            _known[entry.Index] = found = IsSaid(entry) ? Classify(entry) : [];
        }

        return found;
    }

    /// <summary>What of a message may be summarised: all of it where nothing stays word for word and nothing goes.</summary>
    public string Summarizable(Entry entry, string whole)
    {
        IReadOnlyList<RetainedSentence> sentences = Of(entry);
        return sentences.All(sentence => sentence.Class == RetentionClass.Summarize)
            ? whole
            : string.Join(
                ' ',
                sentences
                    .Where(sentence => sentence.Class == RetentionClass.Summarize)
                    .Select(sentence => sentence.Text)
            );
    }

    /// <summary>Whether a sentence of a message may be summarised.</summary>
    public bool MaySummarize(Entry entry, string sentence) =>
        !Of(entry).Any(known => known.Text == sentence && known.Class != RetentionClass.Summarize);

    /// <summary>Takes in a message that leaves.</summary>
    /// <returns>Sentences that must make room, and may be summarised now.</returns>
    public IReadOnlyList<KeptSentence> Leave(Entry entry)
    {
        foreach (RetainedSentence sentence in Of(entry))
        {
            if (
                sentence.Class == RetentionClass.Keep
                && !_kept.Exists(known => known.Text.Equals(sentence.Text, StringComparison.OrdinalIgnoreCase))
            )
            {
                bool isUsers = entry.Message.Role == Role.User;
                _kept.Add(new(sentence.Text, entry.Index, isUsers, count(sentence.Text) + 1));
                Version++;
            }
        }

        _known.Remove(entry.Index);
        List<KeptSentence> gone = [];
        int tokens = policy.MaxTokens > 0 ? _kept.Sum(kept => kept.Tokens) : 0;
        while (tokens > policy.MaxTokens)
        {
            gone.Add(_kept[0]);
            tokens -= _kept[0].Tokens;
            _kept.RemoveAt(0);
        }

        return gone;
    }

    /// <summary>Takes the place of what was saved.</summary>
    public void Restore(IReadOnlyList<KeptSentence> kept) => _kept.AddRange(kept);

    private static bool IsSaid(Entry entry) => entry.Message.Role is Role.User or Role.Assistant;

    private IReadOnlyList<RetainedSentence> Classify(Entry entry)
    {
        IReadOnlyList<(string Text, SaidKind Kind)> kinds = SaidRules.Kinds(entry.Message);
        if (Request(entry) is { } request)
        {
            string? reply = desk.Text(request, text => RetentionReply.Fault(text, kinds.Count));
            if (reply is not null)
            {
                IReadOnlyList<RetentionClass> classes = RetentionReply.Read(reply, kinds.Count)!;
                return [.. kinds.Select((sentence, i) => new RetainedSentence(sentence.Text, classes[i]))];
            }
        }

        return [.. kinds.Select(sentence => new RetainedSentence(sentence.Text, policy.ClassOf(sentence.Kind)))];
    }

    private ArtefactRequest? Request(Entry entry) => RetentionReply.Request(policy, entry.Message, entry.Index);
}
