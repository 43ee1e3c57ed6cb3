// Folder Rows: from a conversation to token rows: render, mask, tokenize, label, prove.
// Refuses to know: files of conversations, packing, training.
using MultiTurnTrainer.Datasets.Masking;
using MultiTurnTrainer.Datasets.Profiling;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>From a conversation to token rows: render, find the supervised characters, tokenize, label, check. One object serves one thread.</summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="options">How rows are made.</param>
/// <param name="clock">Counts the time of each stage, where wanted.</param>
internal sealed class RowBuilder(RowModel model, RowOptions options, StageClock? clock = null)
{
    private readonly RowTokenizer _tokenizer = new(model.Tokens, clock);
    private readonly List<SupervisedRange> _ranges = [];
    private readonly List<int> _starts = [];
    private readonly List<int> _ends = [];

    /// <summary>Whether rows keep the places of their tokens; views, measures and truncation need them.</summary>
    public bool KeepsPlaces { get; init; } = true;

    /// <summary>Builds the rows of a conversation.</summary>
    public RowOutcome Build(Conversation conversation)
    {
        RowOutcome outcome = new(conversation);
        outcome.Counts.Conversations = 1;
        outcome.Counts.LostNulls = conversation.LostNulls ? 1 : 0;
        clock?.Enter(Stage.Render);
        try
        {
            RowSource source = new(conversation, model.Template, options);
            if (source.Targets.Count == 0)
            {
                outcome.Counts.AddLoss(source.HasLearnable ? "weight-0" : "no-answer", 1, 0);
                return outcome;
            }

            RequireNames(source, outcome);
            if (outcome.IsRefused)
            {
                return outcome;
            }

            if (options.ExpandTurns)
            {
                BuildExpanded(source, outcome);
            }
            else
            {
                BuildRow(source, source.All, source.Targets, conversation.Id, outcome);
            }

            if (outcome is { IsRefused: false, Rows.Count: 0 } && outcome.Counts.Losses.Count == 0)
            {
                outcome.Counts.AddLoss("unrendered", 1, 0);
            }
        }
        catch (TemplateException problem) when (problem.IsOverBudget)
        {
            throw RowSource.OverBudget(conversation, problem);
        }
        catch (TemplateException problem)
        {
            outcome.Refuse("template", -1, $"the template refuses it: {problem.Describe()}");
        }

        clock?.Enter(Stage.Other);
        return outcome;
    }

    // A call that was no JSON has its text as arguments, of no function.
    private static void RequireNames(RowSource source, RowOutcome outcome)
    {
        foreach (int target in source.Targets)
        {
            if (source.Conversation.Messages[target].ToolCalls.Any(call => call.Name.Length == 0))
            {
                outcome.Refuse("call-without-name", target, "its call is no JSON, or names no function");
            }
        }
    }

    // Answers share a row while their own prompt is, character by character, the beginning of that row.
    private void BuildExpanded(RowSource source, RowOutcome outcome)
    {
        List<int> left = [.. source.Targets];
        List<(int Last, List<int> Targets)> rows = [];
        while (left.Count > 0)
        {
            int last = left[^1];
            ConversationView view = source.All.Take(last + 1);
            string text = source.Template.RenderText(source.Input(view));
            List<int> shared = [last];
            for (int i = left.Count - 2; i >= 0; i--)
            {
                if (IsPrefix(source, left[i], text))
                {
                    shared.Insert(0, left[i]);
                }
            }

            rows.Insert(0, (last, shared));
            left.RemoveAll(shared.Contains);
        }

        foreach ((int last, List<int> targets) in rows)
        {
            string? id =
                source.Conversation.Id is string name && rows.Count > 1
                    ? Invariant($"{name}#{last}")
                    : source.Conversation.Id;
            BuildRow(source, source.All.Take(last + 1), targets, id, outcome);
        }
    }

    private bool IsPrefix(RowSource source, int answer, string text)
    {
        try
        {
            string own = source.Template.RenderText(source.Input(source.All.Take(answer + 1)));
            return text.StartsWith(own, StringComparison.Ordinal);
        }
        catch (TemplateException problem) when (!problem.IsOverBudget)
        {
            return false;
        }
    }

    private void BuildRow(
        RowSource source,
        ConversationView view,
        IReadOnlyCollection<int> targets,
        string? id,
        RowOutcome outcome
    )
    {
        BuiltRow? built = Encode(source, view, targets, id, outcome);
        if (built is not null && options.MaxLength is int limit && built.Row.Length > limit)
        {
            built = Shorten(source, built, targets, limit, outcome);
        }

        if (built is null)
        {
            return;
        }

        if (built.Row.SupervisedTokens == 0)
        {
            outcome.Refuse("nothing-left", -1, "nothing is left to learn");
            return;
        }

        outcome.Add(TemplateEffects.Find(built, source.Conversation.Tools));
        outcome.Add(built);
    }

    private BuiltRow? Shorten(
        RowSource source,
        BuiltRow whole,
        IReadOnlyCollection<int> targets,
        int limit,
        RowOutcome outcome
    )
    {
        int before = whole.Row.SupervisedTokens;
        if (options.Truncation == TruncationMode.Error)
        {
            outcome.Refuse("too-long", -1, $"has {whole.Row.Length} tokens, more than {limit}", before);
            return null;
        }

        if (options.Truncation == TruncationMode.Turns)
        {
            ConversationView view = whole.View;
            IReadOnlyList<Turn> turns = Turn.Of(view.Messages.Select(message => message.Role));
            int dropped =
                TurnTruncation.TurnsToDrop(turns, whole.TokensPerMessage(), whole.Row.Length, limit)
                ?? Math.Max(1, turns.Count - 1);

            // The counts are those of the whole: a template may print less, or more, around what stays.
            for (; dropped < turns.Count; dropped++)
            {
                IReadOnlyList<int> kept = TurnTruncation.Kept(view.Messages.Count, turns, dropped);
                BuiltRow? shorter = Encode(source, view.Keep(kept), targets, whole.Row.Id, outcome);
                if (shorter is null)
                {
                    return null;
                }

                if (shorter.Row.Length <= limit)
                {
                    outcome.Counts.AddLoss("truncated", 1, before - shorter.Row.SupervisedTokens);
                    return shorter;
                }
            }
        }

        outcome.Counts.AddLoss("too-long", 1, before);
        return null;
    }

    private BuiltRow? Encode(
        RowSource source,
        ConversationView view,
        IReadOnlyCollection<int> targets,
        string? id,
        RowOutcome outcome
    )
    {
        clock?.Enter(Stage.Render);
        RenderInput input = source.Input(view);
        RenderSession session = source.Template.Open(input);
        MaskedText masked = MaskRule.Apply(
            session,
            input,
            Enumerable.Range(0, view.Indexes.Count).Where(i => targets.Contains(view.Indexes[i])),
            source.Stops
        );
        PrintedConversation printed = new(masked.Rendered, view.Messages.Count);
        masked = LeaveOutUnrendered(source, view, masked, printed, outcome, out List<int> unrendered);
        RowChecks.Text(masked.Rendered, session, outcome);
        if (outcome.IsRefused || masked.Answers.Count == 0)
        {
            return null;
        }

        clock?.Enter(Stage.Align);
        SelectRanges(source, view, masked, outcome);
        RowText text = new(masked.Rendered, view.Messages);
        TokenSpans tokens = Tokenize(text, masked.Answers, out int differing);
        TokenRow row = RowLabels.Build(id, tokens, CollectionsMarshal.AsSpan(_ranges));
        row = row with { Spans = SupervisedSpans.Find(row.Labels, tokens, text, view, source.Turns) };
        foreach (AnswerMask answer in masked.Answers)
        {
            RowChecks.Tokens(row, tokens, text, answer, view.Indexes[answer.Message], outcome);
        }

        clock?.Enter(Stage.Other);
        return outcome.IsRefused
            ? null
            : new BuiltRow(row, masked, view, text, KeepsPlaces ? Places(tokens) : [])
            {
                Printed = printed,
                Unrendered = unrendered,
                BoundaryTokens = differing,
                GenerationDifferences = model.Template.HasGenerationBlocks ? masked.GenerationDifferences.Count : 0,
            };
    }

    /// <summary>The supervised characters of the answers, with their weights.</summary>
    private void SelectRanges(RowSource source, ConversationView view, MaskedText masked, RowOutcome outcome)
    {
        _ranges.Clear();
        foreach (AnswerMask answer in masked.Answers)
        {
            int message = view.Indexes[answer.Message];
            RowChecks.Origins(masked.Rendered, answer, message, outcome);
            RangeWeights.Select(
                masked.Rendered,
                answer.Ranges,
                answer.Stop,
                source.Supervision.WeightOf(message),
                source.Supervision.InContent(message),
                view.Messages[answer.Message],
                options.Fields,
                _ranges
            );
        }
    }

    /// <summary>The tokens, answers cut off from what stands around them; the ranges become bytes.</summary>
    private TokenSpans Tokenize(RowText text, IReadOnlyList<AnswerMask> answers, out int differing)
    {
        _starts.Clear();
        _ends.Clear();
        foreach (AnswerMask answer in answers)
        {
            // Where the model takes over: after the prompt, and after what others put into its answer, such as tool results.
            AddEdge(_starts, text.ByteOf(answer.Start));
            foreach ((int start, int end) in answer.Ranges)
            {
                AddEdge(_starts, text.ByteOf(start));
                AddEdge(_ends, text.ByteOf(end));
            }

            AddEdge(_ends, text.ByteOf(answer.End));
        }

        for (int i = 0; i < _ranges.Count; i++)
        {
            SupervisedRange range = _ranges[i];
            _ranges[i] = range with { Start = text.ByteOf(range.Start), End = text.ByteOf(range.End) };
        }

        return _tokenizer.Encode(text, _starts, _ends, options.SplitAtBoundary, out differing);
    }

    private static void AddEdge(List<int> edges, int position)
    {
        if (edges.Count == 0 || edges[^1] != position)
        {
            edges.Add(position);
        }
    }

    /// <summary>What is left to learn once the answers are out that the template does not render.</summary>
    /// <param name="source">The conversation.</param>
    /// <param name="view">The messages that were rendered.</param>
    /// <param name="masked">What the rule says of them.</param>
    /// <param name="printed">What was printed of them.</param>
    /// <param name="outcome">Receives what is refused.</param>
    /// <param name="unrendered">The answers left out, by their place in the source.</param>
    private MaskedText LeaveOutUnrendered(
        RowSource source,
        ConversationView view,
        MaskedText masked,
        PrintedConversation printed,
        RowOutcome outcome,
        out List<int> unrendered
    )
    {
        SortedDictionary<int, (string Code, string Reason)> lost = UnrenderedAnswer.All(masked, view.Messages, printed);
        foreach (MaskRefusal refusal in masked.Refusals.Where(refusal => !lost.ContainsKey(refusal.Message)))
        {
            outcome.Refuse(refusal.Code, view.Indexes[refusal.Message], Reason(source, view, refusal));
        }

        unrendered = options.DropUnrenderedAnswers ? [.. lost.Keys.Select(message => view.Indexes[message])] : [];
        foreach ((int message, (string code, string reason)) in lost)
        {
            if (!options.DropUnrenderedAnswers)
            {
                outcome.Refuse(code, view.Indexes[message], reason);
            }
        }

        return lost.Count == 0
            ? masked
            : masked with
            {
                Answers = [.. masked.Answers.Where(answer => !lost.ContainsKey(answer.Message))],
            };
    }

    // Some templates end only the last answer as the model does.
    private string Reason(RowSource source, ConversationView view, MaskRefusal refusal)
    {
        if (refusal.Code != "no-stop" || options.ExpandTurns || refusal.Message == view.Messages.Count - 1)
        {
            return refusal.Reason;
        }

        try
        {
            RenderInput alone = source.Input(view.Take(refusal.Message + 1));
            bool ends = MaskRule.Apply(source.Template, alone, [refusal.Message], source.Stops).Refusals.Count == 0;
            return ends
                ? "the template ends only the last answer with a stop token: mask with --expand-turns, a row for each answer"
                : refusal.Reason;
        }
        catch (TemplateException problem) when (!problem.IsOverBudget)
        {
            return refusal.Reason;
        }
    }

    private static (int Start, int End)[] Places(TokenSpans tokens)
    {
        (int Start, int End)[] places = new (int Start, int End)[tokens.Count];
        ReadOnlySpan<int> starts = tokens.Starts;
        ReadOnlySpan<int> ends = tokens.Ends;
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = (starts[i], ends[i]);
        }

        return places;
    }
}
