using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>
/// The evidence of one session: what it is, every event, after each answered turn what its prompt held and lost, and the sums. The same log
/// gives the same entries, from a store or from a file.
/// </summary>
public sealed class SessionEvidence
{
    private readonly EvidenceFile _file;
    private readonly TurnPrompts _prompts;
    private readonly EvidenceCounts _counts = new();

    /// <param name="file">Where entries go.</param>
    /// <param name="prompts">Plans the prompts again.</param>
    public SessionEvidence(EvidenceFile file, TurnPrompts prompts) => (_file, _prompts) = (file, prompts);

    /// <summary>What was counted.</summary>
    public EvidenceCounts Counts => _counts;

    /// <summary>Writes a session's entries, all but the seal.</summary>
    /// <param name="id">The session.</param>
    /// <param name="events">Its events, from the first.</param>
    /// <param name="files">Hashes of the files of model and adapter, by role; empty for hosted models.</param>
    public void Write(string id, IReadOnlyList<LoggedEvent> events, JsonFields files)
    {
        _file.Add(Header(id, events, files));
        SessionState before = SessionFold.Empty(new SessionKey("", id));
        foreach (LoggedEvent logged in events)
        {
            SessionState after = SessionFold.Apply(before, logged);
            _file.Add(EntryOf(logged));
            _counts.Events++;
            if (logged.Event is TurnCommitted committed)
            {
                _file.Add(Turn(before, logged.Version, committed));
            }

            _counts.Take(logged.Event);
            before = after;
        }

        _file.Add(_counts.ToEntry());
    }

    internal static JsonFields EntryOf(LoggedEvent logged) =>
        new()
        {
            ["entry"] = "event",
            ["version"] = logged.Version,
            ["at"] = logged.At.ToString("O", CultureInfo.InvariantCulture),
            ["kind"] = EventJson.KindOf(logged.Event),
            ["event"] = JsonView.Parse(EventJson.Write(logged.Event)),
        };

    private static JsonFields Header(string id, IReadOnlyList<LoggedEvent> events, JsonFields files)
    {
        PolicyStamp[] policies =
        [
            .. events
                .Select(logged => PolicyOf(logged.Event))
                .OfType<PolicyStamp>()
                .DistinctBy(stamp => stamp.Fingerprint),
        ];
        string[] models =
        [
            .. events
                .Select(logged => (logged.Event as TurnCommitted)?.Info.Model)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal),
        ];
        return new JsonFields
        {
            ["entry"] = "session",
            ["mtt"] = Manifest.ToolVersion,
            ["session"] = id,
            ["events"] = events.Count,
            ["first"] = events[0].At.ToString("O", CultureInfo.InvariantCulture),
            ["last"] = events[^1].At.ToString("O", CultureInfo.InvariantCulture),
            ["policies"] = policies.Select(stamp => new JsonFields
            {
                ["fingerprint"] = stamp.Fingerprint,
                ["policy"] = stamp.Text,
            }),
            ["models"] = models,
            ["files"] = files,
        };
    }

    private static PolicyStamp? PolicyOf(SessionEvent happened) =>
        happened switch
        {
            SessionCreated created => created.Policy,
            PolicyChanged changed => changed.Policy,
            _ => null,
        };

    private JsonFields Turn(SessionState state, long version, TurnCommitted committed)
    {
        JsonFields entry = new()
        {
            ["entry"] = "turn",
            ["version"] = version,
            ["turn"] = committed.Turn,
        };
        entry.AddPresent("policy", state.Policy?.Fingerprint).AddPresent("prompt_sha256", committed.Info.PromptHash);
        try
        {
            AssembledPrompt prompt = _prompts.Of(state, state.FindTurn(committed.Turn)!);
            Add(entry, state, prompt, committed.Info.PromptHash);
        }
        catch (MttException problem)
        {
            // That it cannot be shown is shown.
            entry["not_planned"] = problem.Message;
            _counts.NotPlanned++;
        }

        return entry;
    }

    private void Add(JsonFields entry, SessionState state, AssembledPrompt prompt, string? recorded)
    {
        bool? isSame = recorded is null ? null : ContentHash.Of(prompt.Json.RawUtf8) == recorded;
        _counts.Take(isSame);
        entry.AddPresent("prompt_is_reproduced", isSame);
        entry["tokens"] = prompt.Plan.Parts.Prompt;
        entry["tokens_of_everything"] = prompt.Plan.NaiveTokens;
        entry["constraints"] = Constraints(state, prompt).ToArray();
        entry["left_out"] = prompt
            .Plan.LeftOut.Select(gone =>
            {
                _counts.Lost(gone.Last - gone.First + 1, gone.Tokens);
                return new JsonFields
                {
                    ["first"] = gone.First,
                    ["last"] = gone.Last,
                    ["tokens"] = gone.Tokens,
                    ["reason"] = gone.Reason,
                };
            })
            .ToArray();
        entry["steps"] = prompt
            .Plan.Applied.Select(step => new JsonFields
            {
                ["step"] = step.Step,
                ["what"] = step.What,
                ["before"] = step.Before,
                ["after"] = step.After,
            })
            .ToArray();
    }

    // Those that were stated apart, and those that the policy found in the user's words.
    private IEnumerable<JsonFields> Constraints(SessionState state, AssembledPrompt prompt)
    {
        string said = string.Join(
            '\n',
            prompt.Json.EnumerateArray().Select(message => Message.TextOf(message.Get("content")) ?? "")
        );
        int turn = prompt.Plan.Turn;
        foreach (SessionConstraint stated in state.Constraints)
        {
            if (stated.From <= turn && !(stated.Until <= turn))
            {
                yield return Constraint(stated.Text, said).With("id", stated.Id);
            }
        }

        foreach (var found in prompt.Plan.Constraints)
        {
            yield return Constraint(found.Text, said).With("message", found.Message);
        }
    }

    private ConstraintEntry Constraint(string text, string said)
    {
        bool isHeld = said.Contains(text, StringComparison.Ordinal);
        _counts.Held(isHeld);
        return new ConstraintEntry(text, isHeld);
    }

    private readonly record struct ConstraintEntry(string Text, bool IsHeld)
    {
        public JsonFields With(string name, object source) =>
            new()
            {
                ["text"] = Text,
                [name] = source,
                ["held"] = IsHeld,
            };
    }
}
