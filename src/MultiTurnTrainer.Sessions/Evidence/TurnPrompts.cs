using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Reports;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>
/// The prompts of a session's calls, planned again from what was said before each: what serving did, done once more. A session is given
/// turn by turn; what the next prompt shares with the one before is not planned twice.
/// </summary>
/// <param name="open">The model that counts, by policy.</param>
public sealed class TurnPrompts(Func<ContextPolicy, PolicyModel> open)
{
    private readonly Dictionary<string, PolicyModel> _models = new(StringComparer.Ordinal);
    private readonly List<SessionMessage> _said = [];
    private ContextAssembler? _assembler;
    private SessionState? _from;

    /// <summary>Told of each verdict of a judge of tone that is not on record; null for nobody.</summary>
    public Action<ArtefactRequest>? Unjudged { get; init; }

    /// <summary>The prompt that a turn's answer was asked with, planned again.</summary>
    /// <param name="state">The session as it was then.</param>
    /// <param name="turn">The turn.</param>
    /// <exception cref="MttException">The policy cannot be read, or it refuses the prompt.</exception>
    public AssembledPrompt Of(SessionState state, SessionTurn turn)
    {
        SessionMessage[] wanted = [.. state.Before(turn)];
        if (_assembler is null || !GoesOn(state, wanted))
        {
            _said.Clear();
            _from = state;
            _assembler = new ContextAssembler(
                ModelOf(state.Policy),
                Conversation.FromJson(SessionRow.Of(state with { Messages = [.. wanted] }))
            );
        }

        try
        {
            for (int i = _said.Count; i < wanted.Length; i++)
            {
                Append(state, wanted[i]);
            }

            return _assembler.Next();
        }
        catch (MttException)
        {
            _assembler = null;
            throw;
        }
    }

    /// <summary>How far answers of a session are from the tone of its policy; null where that is not known, or asks for none.</summary>
    /// <param name="state">The session.</param>
    public ToneMeter? MeterOf(SessionState state)
    {
        try
        {
            PolicyModel model = ModelOf(state.Policy);
            return model.Policy.Tone is null
                ? null
                : new ToneMeter(model.Policy, model.Artefacts) { IsLenient = true, Missed = Unjudged };
        }
        catch (MttException)
        {
            return null;
        }
    }

    private bool GoesOn(SessionState state, SessionMessage[] wanted) =>
        ReferenceEquals(state.Constraints, _from!.Constraints)
        && ReferenceEquals(state.Memory, _from.Memory)
        && ReferenceEquals(state.Artefacts, _from.Artefacts)
        && state.Policy == _from.Policy
        && ModelOf(state.Policy).Policy.Session.RefreshAfterDays <= 0
        && (state.Tools?.GetRawText() ?? "") == (_from.Tools?.GetRawText() ?? "")
        && wanted.Length >= _said.Count
        && _said.Zip(wanted).All(both => both.First.Json.RawUtf8.SequenceEqual(both.Second.Json.RawUtf8));

    private void Append(SessionState state, SessionMessage message)
    {
        bool isAnswer = SessionState.RoleOf(message.Json) == "assistant";
        if (isAnswer && message.Turn is { } id && state.FindTurn(id)?.Info is { PromptTokens: > 0 } info)
        {
            // What the server counted moved the estimates of the prompts that followed.
            if (_assembler!.Next().Plan.IsEstimate)
            {
                _assembler.Correct((int)info.PromptTokens);
            }
        }

        JsonView row = JsonText.ToView(new JsonFields { ["messages"] = new[] { message.Json } });
        _assembler!.Append(Conversation.FromJson(row).Messages[0]);
        _said.Add(message);
    }

    private PolicyModel ModelOf(PolicyStamp? stamp)
    {
        string key = stamp?.Fingerprint ?? "";
        if (!_models.TryGetValue(key, out PolicyModel? model))
        {
            model = _models[key] = open(PolicyOf(stamp));
        }

        return model;
    }

    /// <summary>The policy of a stamp; the standard one where there is none.</summary>
    /// <exception cref="MttException">It is of another version of mtt.</exception>
    public static ContextPolicy PolicyOf(PolicyStamp? stamp)
    {
        if (stamp is null)
        {
            return new ContextPolicy();
        }

        ContextPolicy? policy = null;
        try
        {
            policy = RecordJson.Read<ContextPolicy>(stamp.Text);
        }
        catch (FormatException)
        {
            // Another version's policy: its fingerprint does not fit either.
        }

        return policy is not null && PolicyFingerprint.Of(policy) == stamp.Fingerprint
            ? policy
            : throw new MttException(
                $"policy {Printable.Line(stamp.Fingerprint)} is of another version of mtt",
                "Make the evidence with the version that served the session."
            );
    }
}
