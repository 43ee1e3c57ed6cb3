namespace MultiTurnTrainer.Context.Policies;

/// <summary>The canonical form of a policy and its hash, which travels with data, adapter and session.</summary>
public static class PolicyFingerprint
{
    // Raise it when the same policy comes to give another prompt.
    private const int EngineVersion = 1;

    private const string Window = "window";

    /// <summary>Every setting, defaults written out, in one order: equal policies have equal texts.</summary>
    public static string Canonical(ContextPolicy policy)
    {
        ContextPolicy sorted = policy with
        {
            State = new SortedDictionary<string, string>(
                policy.State.ToDictionary(pair => pair.Key, pair => pair.Value),
                StringComparer.Ordinal
            ),
        };
        JsonFields fields = [];
        foreach (JsonMember member in JsonText.ToView(RecordJson.ToWholeValue(sorted)).EnumerateObject())
        {
            // A section that came later and is not there must not change the hash of those who never had it.
            if (member.Value.Kind != JsonKind.Null || member.Name == Window)
            {
                fields[member.Name] = member.Value;
            }
        }

        return JsonText.Line(fields);
    }

    /// <summary>SHA-256 of the canonical form and the engine's version, as lower-case hexadecimal.</summary>
    public static string Of(ContextPolicy policy) =>
        ContentHash.Of(Encoding.UTF8.GetBytes($"{EngineVersion}\n{Canonical(policy)}"));
}
