using MultiTurnTrainer.Cli.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>How far answers are from a policy's tone, in words.</summary>
internal static class ToneText
{
    /// <summary>Measures the answers of conversations as they pass by; null where the policy asks for no tone.</summary>
    /// <param name="policy">The policy; null for none.</param>
    /// <param name="settings">Name the file of a judge's verdicts; one that is not there is passed over and counted.</param>
    /// <param name="sums">Grows by what is measured.</param>
    public static Action<Conversation>? Follower(ContextPolicy? policy, SettingsFile settings, ToneSums sums)
    {
        if (policy?.Tone is null)
        {
            return null;
        }

        IArtefacts? artefacts = ArtefactOptions.Recorded(policy, settings);
        return conversation =>
        {
            ToneMeter meter = new(policy, artefacts) { IsLenient = true };
            foreach (Message message in conversation.Messages)
            {
                if (meter.Append(message) is { } drift)
                {
                    sums.Add(drift);
                }
            }
        };
    }

    /// <summary>The sums on a line; empty where nothing was measured.</summary>
    public static string Of(ToneSums sums)
    {
        if (sums.Answers == 0)
        {
            return "";
        }

        string what = string.Join(", ", sums.Deviations.Select(pair => Invariant($"{pair.Key} {pair.Value}")));
        string turns = string.Join(", ", sums.ByTurn.Select(at => Invariant($"{at.Least} {at.Mean:0.000}")));
        return Invariant(
            $"tone: mean drift {sums.Mean:0.000} over {Counted.Of(sums.Answers, "answer")}, {sums.Off:N0} off{(what.Length > 0 ? $" ({what})" : "")}; {sums.Unjudged:N0} without a judge's verdict; drift from turn: {turns}\n"
        );
    }
}
