namespace MultiTurnTrainer.Context.Policies;

/// <summary>The canonical form of a policy and its hash, which travels with data, adapter and session.</summary>
public static class PolicyFingerprint
{
    // Raise it when the same policy comes to give another prompt.
    private const int EngineVersion = 1;

    /// <summary>Every setting, defaults written out, in one order: equal policies have equal texts.</summary>
    public static string Canonical(ContextPolicy policy) =>
        JsonText.Line(
            RecordJson.ToWholeValue(
                policy with
                {
                    State = new SortedDictionary<string, string>(
                        policy.State.ToDictionary(pair => pair.Key, pair => pair.Value),
                        StringComparer.Ordinal
                    ),
                }
            )
        );

    /// <summary>SHA-256 of the canonical form and the engine's version, as lower-case hexadecimal.</summary>
    public static string Of(ContextPolicy policy) =>
        ContentHash.Of(Encoding.UTF8.GetBytes($"{EngineVersion}\n{Canonical(policy)}"));
}
