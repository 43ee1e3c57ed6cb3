using MultiTurnTrainer.Context.Persona;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Evidence;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Statistics;

/// <summary>Measures one session from its log: what was answered, and what its prompts held, planned again.</summary>
public sealed class SessionMeasure
{
    private const int EdgeAnswers = 3;

    private readonly TurnPrompts _prompts;
    private readonly Dictionary<string, StepFigures> _steps = new(StringComparer.Ordinal);
    private readonly FactRecall _recall = new();
    private readonly OwnErrorCopying _copying = new();
    private readonly ToneSums _tone = new();
    private readonly List<ToneDrift> _toneOfAnswers = [];
    private readonly List<long> _sizes = [];
    private ToneMeter? _meter;
    private readonly List<string> _answers = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private long _prompt;
    private string? _notPlanned;

    private SessionMeasure(TurnPrompts prompts) => _prompts = prompts;

    /// <summary>A session in numbers.</summary>
    /// <param name="id">The session.</param>
    /// <param name="events">Its events, from the first.</param>
    /// <param name="prompts">Plans its prompts again.</param>
    public static SessionFigures Of(string id, IReadOnlyList<LoggedEvent> events, TurnPrompts prompts)
    {
        SessionMeasure measure = new(prompts);
        SessionState state = SessionFold.Empty(new SessionKey("", id));
        foreach (LoggedEvent logged in events)
        {
            SessionState before = state;
            state = SessionFold.Apply(before, logged);
            if (logged.Event is TurnCommitted committed)
            {
                measure.Answer(before, committed);
            }
        }

        return measure.Figures(state, events);
    }

    private void Answer(SessionState state, TurnCommitted committed)
    {
        SessionTurn turn = state.FindTurn(committed.Turn)!;
        _prompt = committed.Info.PromptTokens;
        long size = _prompt;
        _meter ??= _prompts.MeterOf(state);
        Follow(turn);
        try
        {
            ContextPlan plan = _prompts.Of(state, turn).Plan;
            _recall.Count(plan);
            foreach (AppliedStep step in plan.Applied)
            {
                string name = step.Step < 0 ? step.What : Invariant($"step {step.Step}: {Named(step.What)}");
                _steps[name] =
                    _steps.GetValueOrDefault(name) + new StepFigures(1, Math.Max(0, step.Before - step.After));
            }

            size = plan.NaiveTokens;
        }
        catch (MttException problem)
        {
            _notPlanned = problem.Message;
        }

        _sizes.Add(size + committed.Info.CompletionTokens);
        string text = Message.TextOf(committed.Answer.Get("content")) ?? "";
        _answers.Add(text);
        if (committed.Answer.Kind == JsonKind.Object)
        {
            Message answer = MessageOf(committed.Answer);
            _copying.Append(answer);
            if (_meter?.Append(answer) is { } drift)
            {
                _tone.Add(drift);
                _toneOfAnswers.Add(drift);
            }
        }
    }

    // A question that is answered anew is said once.
    private void Follow(SessionTurn turn)
    {
        int place = turn.First;
        foreach (JsonView message in turn.Messages)
        {
            if (message.Kind == JsonKind.Object && _seen.Add(Invariant($"{place} {message.GetRawText()}")))
            {
                _meter?.Append(MessageOf(message));
                _recall.Append(MessageOf(message), place);
                _copying.Append(MessageOf(message));
            }

            place++;
        }
    }

    // What a step did, without how often it did it.
    private static string Named(string what) =>
        string.Join(' ', what.Split(' ').Where(word => !word.All(char.IsAsciiDigit)));

    private static Message MessageOf(JsonView message) =>
        Conversation.FromJson(JsonText.ToView(new JsonFields { ["messages"] = new[] { message } })).Messages[0];

    private SessionFigures Figures(SessionState state, IReadOnlyList<LoggedEvent> events) =>
        new()
        {
            Id = state.Id,
            CreatedAt = state.CreatedAt,
            Outcome = state.Outcome,
            Turns = _sizes.Count,
            Interrupted = events.Count(logged => logged.Event is TurnInterrupted),
            Redone = state.Turns.Count(turn => turn.Status is TurnStatus.RolledBack or TurnStatus.Replaced),
            Trips = events.Count(logged => logged.Event is BudgetTripped),
            Size = _sizes.LastOrDefault(),
            Growth = _sizes.Count < 2 ? 0 : (double)(_sizes[^1] - _sizes[0]) / (_sizes.Count - 1),
            Prompt = _prompt,
            Tokens = state.Totals.Tokens,
            Steps = _steps,
            Recall = _recall.Distances,
            CorrectedAnswers = _copying.Answers,
            Copies = _copying.Copies,
            Drift = Drift(),
            Tone = _tone,
            ToneOfAnswers = _toneOfAnswers,
            NotPlanned = _notPlanned,
        };

    private double Drift()
    {
        if (_answers.Count < 2 * EdgeAnswers)
        {
            return 0;
        }

        float[] first = AnswerStyle.Counts(string.Join('\n', _answers.Take(EdgeAnswers)));
        float[] last = AnswerStyle.Counts(string.Join('\n', _answers.TakeLast(EdgeAnswers)));
        return AnswerStyle.Distance(first, last);
    }
}
