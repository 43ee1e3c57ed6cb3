using MultiTurnTrainer.Context.Constraints;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Summaries;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>Everything that a policy puts at the top of a prompt, as one text in a fixed order.</summary>
internal sealed class PromptBlock
{
    private const string RulesHeading = "Rules set by the user, in force until the user withdraws them:";
    private const string QuotesHeading = "Said by the user, word for word:";
    private const string PromisesHeading = "Promised by the assistant, word for word:";
    private const string StateHeading = "State:";
    private const string NotesHeading = "Instructions given later in the conversation:";
    private const string DocumentsHeading = "Documents:";

    private readonly ContextPolicy _policy;
    private readonly ContextInputs _inputs;
    private readonly ITokenCounter _counter;
    private readonly Dictionary<string, int> _tokens = new(StringComparer.Ordinal);
    private readonly List<int> _documents = [];
    private readonly StringBuilder _text = new();
    private readonly List<PlanItem> _items = [];

    public PromptBlock(ContextPolicy policy, ContextInputs inputs, ITokenCounter counter)
    {
        (_policy, _inputs, _counter) = (policy, inputs, counter);
        int left = policy.Documents.MaxTokens > 0 ? policy.Documents.MaxTokens : int.MaxValue;
        for (int i = 0; i < inputs.Documents.Count; i++)
        {
            int tokens = counter.Count(inputs.Documents[i]);
            if (tokens <= left)
            {
                _documents.Add(i);
                left -= tokens;
                DocumentTokens += tokens;
            }
        }
    }

    /// <summary>The text; empty for nothing.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The items, in order.</summary>
    public IReadOnlyList<PlanItem> Items { get; private set; } = [];

    /// <summary>The documents that fit, by their place in the row.</summary>
    public IReadOnlyList<int> Documents => _documents;

    /// <summary>Tokens of the documents that fit.</summary>
    public int DocumentTokens { get; }

    /// <summary>Tokens of the text.</summary>
    public int Tokens { get; private set; }

    /// <summary>Tokens of what is remembered: the summary, and documents wherever they stand.</summary>
    public int MemoryTokens { get; private set; }

    /// <summary>Tokens of the prompt that come from here.</summary>
    public int PromptTokens => Tokens + (_policy.Documents.Place == DocumentPlacement.Template ? DocumentTokens : 0);

    /// <summary>Whether a new turn alone may change it.</summary>
    public bool ChangesByTurn => _inputs.State.Count > 0;

    /// <summary>Writes it anew.</summary>
    /// <param name="constraints">The constraints in force.</param>
    /// <param name="kept">What stays word for word of turns that have left.</param>
    /// <param name="firstTurn">The first turn that is in the prompt.</param>
    /// <param name="turn">The turn at hand.</param>
    /// <param name="notes">Instructions of turns that have left.</param>
    /// <param name="summary">The summary.</param>
    /// <returns>Whether the text changed.</returns>
    public bool Write(
        IReadOnlyList<ActiveConstraint> constraints,
        IReadOnlyList<KeptSentence> kept,
        int firstTurn,
        int turn,
        IReadOnlyList<LeftInstruction> notes,
        RunningSummary summary
    )
    {
        _text.Clear();
        _items.Clear();
        if (_policy.Persona.Text.Length > 0)
        {
            Section(null, [Item(ItemKind.Persona, [], _policy.Persona.Text, "the policy's persona")]);
        }

        Section(RulesHeading, Rules(constraints, firstTurn), "- ");
        Section(QuotesHeading, Quotes(constraints, firstTurn).Concat(Kept(kept, isUsers: true)), "- ");
        Section(PromisesHeading, Kept(kept, isUsers: false), "- ");
        Section(StateHeading, State(turn));
        Section(
            NotesHeading,
            notes.Select(note => Item(ItemKind.System, [note.Index], note.Text, "an instruction never leaves"))
        );
        Section(DocumentsHeading, DocumentItems());
        MemoryTokens = DocumentTokens;
        if (summary.Text.Length > 0)
        {
            MemoryTokens += summary.Tokens;
            Section(
                null,
                [
                    new PlanItem(
                        ItemKind.Summary,
                        summary.Sources,
                        summary.Tokens,
                        "in place of the turns that have left the window",
                        summary.Text
                    ),
                ]
            );
        }

        Items = [.. _items];
        string text = _text.ToString();
        if (text == Text)
        {
            return false;
        }

        Text = text;
        Tokens = text.Length == 0 ? 0 : _counter.Count(text);
        return true;
    }

    private IEnumerable<PlanItem> Rules(IReadOnlyList<ActiveConstraint> constraints, int firstTurn) =>
        constraints
            .Where(constraint =>
                !constraint.IsUncertain
                && (_policy.Constraints.Place == ConstraintPlacement.Always || constraint.Turn < firstTurn)
            )
            .Select(constraint =>
                Item(ItemKind.Constraint, [constraint.Message], constraint.Text, "set by the user, not withdrawn")
            );

    private IEnumerable<PlanItem> Quotes(IReadOnlyList<ActiveConstraint> constraints, int firstTurn) =>
        constraints
            .Where(constraint => constraint.IsUncertain && constraint.Turn < firstTurn)
            .Select(constraint =>
                Item(ItemKind.Constraint, [constraint.Message], constraint.Text, "may be a demand: kept word for word")
            );

    private IEnumerable<PlanItem> Kept(IReadOnlyList<KeptSentence> kept, bool isUsers) =>
        kept.Where(sentence => sentence.IsUsers == isUsers)
            .Select(sentence =>
                Item(ItemKind.Constraint, [sentence.Message], sentence.Text, "must be kept word for word")
            );

    private IEnumerable<PlanItem> State(int turn)
    {
        if (_policy.State.Count == 0 && _inputs.State.Count == 0)
        {
            return [];
        }

        SortedDictionary<string, string> values = new(StringComparer.Ordinal);
        foreach ((string name, string value) in _policy.State)
        {
            values[name] = value;
        }

        foreach (StateChange change in _inputs.State.Where(change => change.Turn <= turn))
        {
            values[change.Name] = change.Value;
        }

        return values
            .Where(pair => pair.Value.Length > 0)
            .Select(pair => Item(ItemKind.State, [], $"{pair.Key}: {pair.Value}", "a state variable"));
    }

    private IEnumerable<PlanItem> DocumentItems() =>
        _policy.Documents.Place == DocumentPlacement.Template
            ? []
            : _documents.Select(place =>
                Item(
                    ItemKind.Document,
                    [],
                    Invariant($"[{place + 1}] {_inputs.Documents[place]}"),
                    "a document within its cap"
                )
            );

    private void Section(string? heading, IEnumerable<PlanItem> items, string mark = "")
    {
        bool isFirst = true;
        foreach (PlanItem item in items)
        {
            if (isFirst)
            {
                _text.Append(_text.Length > 0 ? "\n\n" : "").Append(heading).Append(heading is null ? "" : "\n");
            }
            else
            {
                _text.Append('\n');
            }

            _text.Append(mark).Append(item.Text);
            _items.Add(item);
            isFirst = false;
        }
    }

    private PlanItem Item(ItemKind kind, IReadOnlyList<int> sources, string text, string reason)
    {
        if (!_tokens.TryGetValue(text, out int tokens))
        {
            _tokens[text] = tokens = _counter.Count(text);
        }

        return new PlanItem(kind, sources, tokens, reason, text);
    }
}
