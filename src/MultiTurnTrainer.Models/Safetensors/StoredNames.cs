namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>Names of tensors in files, and the names that HuggingFace's models of today give the same tensors.</summary>
internal static class StoredNames
{
    // Multimodal models changed where their text part stands; files kept the older order.
    private static readonly (string Stored, string Current)[] _moved =
    [
        ("language_model.model.", "model.language_model."),
        ("language_model.lm_head.", "lm_head."),
    ];

    /// <summary>The name of today.</summary>
    public static string Current(string stored)
    {
        foreach ((string old, string now) in _moved)
        {
            if (stored.StartsWith(old, StringComparison.Ordinal))
            {
                return now + stored[old.Length..];
            }
        }

        return stored;
    }

    /// <summary>The name that a new tensor gets in files where a known one has the given name.</summary>
    /// <param name="current">The new tensor's name of today.</param>
    /// <param name="known">A name in those files.</param>
    public static string Beside(string current, string known)
    {
        (string old, string now) = _moved.FirstOrDefault(pair =>
            current.StartsWith(pair.Current, StringComparison.Ordinal)
        );
        return old is not null && Current(known) != known ? old + current[now.Length..] : current;
    }
}
