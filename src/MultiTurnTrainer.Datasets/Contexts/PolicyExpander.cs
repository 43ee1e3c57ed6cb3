using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>A row with the record's message for each of its messages.</summary>
/// <param name="Row">The row.</param>
/// <param name="Sources">Indexes into the record, one for each message; empty where the row is the record itself.</param>
internal sealed record ExpandedRow(Conversation Row, IReadOnlyList<int> Sources);

/// <summary>
/// Makes training rows of a conversation as its prompts would be when it is served. While the next prompt goes on from the
/// row token for token, answers share the row; where the policy rewrites the past a new row begins. Every answer is supervised
/// once, in the context it will meet; what is repeated or injected has weight 0.
/// </summary>
/// <param name="model">The policy and its model.</param>
internal sealed class PolicyExpander(PolicyModel model)
{
    private readonly string _fingerprint = PolicyFingerprint.Of(model.Policy);
    private readonly IdBuffer _first = new();
    private readonly IdBuffer _second = new();

    /// <summary>What was made so far.</summary>
    public ExpandedCounts Counts { get; } = new();

    /// <summary>The rows of a conversation, without where their messages come from.</summary>
    /// <exception cref="MttException">The policy or the template refuses it.</exception>
    public IEnumerable<Conversation> Rows(Conversation conversation) => Expand(conversation).Select(row => row.Row);

    /// <summary>The rows of a conversation; itself where there is nothing to learn in it.</summary>
    /// <exception cref="MttException">The policy or the template refuses it.</exception>
    public IReadOnlyList<ExpandedRow> Expand(Conversation conversation)
    {
        if (IsPrepared(conversation))
        {
            return [new ExpandedRow(conversation, [])];
        }

        ContextAssembler assembler = new(model, conversation);
        CallTally tally = new(model, Counts.Report, assembler.Counter, conversation);
        Counts.Conversations++;
        List<Stretch> stretches = [];
        AssembledPrompt? last = null;
        for (int i = 0; i < conversation.Messages.Count; i++)
        {
            Message message = conversation.Messages[i];
            if (message.Role == Role.Assistant)
            {
                AssembledPrompt prompt = assembler.Next();
                Counts.AssembledCharacters += prompt.Text.Length;
                bool goesOn = last is not null && GoesOn(last, prompt);
                if (!goesOn)
                {
                    stretches.Add(new Stretch());
                }

                int tokens = prompt.Plan.Parts.Prompt;
                tally.Call(prompt.Plan, tokens, goesOn ? tokens - last!.Plan.Parts.Prompt : tokens, message);

                stretches[^1].Add(prompt, conversation.Supervision.WeightOf(i) > 0);
                last = prompt;
            }

            assembler.Append(message);
            tally.Append(message);
        }

        tally.End();
        Counts.SourceTokens += tally.Total;

        stretches.RemoveAll(stretch => stretch.Supervised.Count == 0);
        if (stretches.Count == 0)
        {
            Counts.Rows++;
            return [new ExpandedRow(conversation, [])];
        }

        List<ExpandedRow> rows = [];
        HashSet<int> seen = [];
        foreach (Stretch stretch in stretches)
        {
            string? id = stretches.Count > 1 && conversation.Id is { } name ? Invariant($"{name}#{rows.Count}") : null;
            rows.Add(Row(conversation, stretch, id, seen, assembler.Counter));
        }

        return rows;
    }

    // What mtt prepare made is not shaped a second time.
    private bool IsPrepared(Conversation conversation)
    {
        if (
            conversation.Metadata is not { Kind: JsonKind.Object } metadata
            || !metadata.TryGetProperty("context", out JsonView context)
            || context.Kind != JsonKind.Object
            || !context.TryGetProperty("fingerprint", out JsonView made)
        )
        {
            return false;
        }

        return made.ToString() == _fingerprint
            ? true
            : throw new MttException(
                $"{conversation.Place}: metadata.context: was made under another policy ({made})",
                "Take the conversations as they were before mtt prepare --policy, or the policy they were made under."
            );
    }

    private ExpandedRow Row(
        Conversation conversation,
        Stretch stretch,
        string? id,
        HashSet<int> seen,
        ITokenCounter counter
    )
    {
        AssembledPrompt prompt = stretch.LastLearned!;
        int call = prompt.Plan.Call;
        bool IsContext(AssembledPrompt whole, int place)
        {
            PromptMessage message = whole.Messages[place];
            return message.IsInjected
                || seen.Contains(message.Sources[0])
                || (message.Original!.Role == Role.Assistant && !stretch.Supervised.Contains(message.Sources[0]));
        }

        ContextMark mark = new(id, [.. stretch.Turns.Order()], _fingerprint);
        Conversation row = Conversation.FromJson(
            ContextRows.Write(conversation, prompt, model.Policy, IsContext, mark, conversation.Messages[call]),
            conversation.File,
            conversation.Line
        );
        seen.UnionWith(prompt.Messages.Where(message => !message.IsInjected).Select(message => message.Sources[0]));
        seen.Add(call);
        Counts.Rows++;
        Counts.Answers += stretch.Supervised.Count;
        Counts.Tokens += prompt.Plan.Parts.Prompt + counter.Count(conversation.Messages[call]);
        return new ExpandedRow(row, [.. prompt.Messages.Select(message => message.Sources[0]), call]);
    }

    /// <summary>Whether a prompt begins with the prompt before it and its answer, token for token.</summary>
    private bool GoesOn(AssembledPrompt before, AssembledPrompt next)
    {
        if (before.Plan.Layout != next.Plan.Layout)
        {
            return false;
        }

        string row;
        try
        {
            row = next.Session!.TextOfFirst(before.Messages.Count + 1);
        }
        catch (TemplateException)
        {
            return false;
        }

        return next.Text.StartsWith(row, StringComparison.Ordinal) && IsTokenPrefix(row, next.Text);
    }

    /// <summary>
    /// Whether equal beginnings are equal tokens. A stop token parts what stands before it from what follows, so only the
    /// end of the row is looked at.
    /// </summary>
    private bool IsTokenPrefix(string row, string text)
    {
        if (model.Model is not { } known)
        {
            return true;
        }

        int from = 0;
        foreach (string stop in known.Template.Stops.Where(stop => known.Tokenizer.TokenToId(stop) is not null))
        {
            from = Math.Max(from, row.LastIndexOf(stop, StringComparison.Ordinal));
        }

        _first.Clear();
        _second.Clear();
        known.Tokenizer.EncodeIds(Encoding.UTF8.GetBytes(row[from..]), _first);
        known.Tokenizer.EncodeIds(Encoding.UTF8.GetBytes(text[from..]), _second);
        return _second.Ids.StartsWith(_first.Ids);
    }

    /// <summary>The calls of one row.</summary>
    private sealed class Stretch
    {
        /// <summary>Indexes of the answers that are supervised.</summary>
        public HashSet<int> Supervised { get; } = [];

        /// <summary>Their turns.</summary>
        public HashSet<int> Turns { get; } = [];

        /// <summary>The prompt of the last of them.</summary>
        public AssembledPrompt? LastLearned { get; private set; }

        public void Add(AssembledPrompt prompt, bool isLearned)
        {
            if (isLearned)
            {
                LastLearned = prompt;
                Supervised.Add(prompt.Plan.Call);
                Turns.Add(prompt.Plan.Turn);
            }
        }
    }
}
