namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// The keys of a run, so that no text that leaves an endpoint can hold one: a server may echo the key in an error or
/// even in a reply. Placeholders shorter than eight characters are no secrets and are left alone.
/// </summary>
internal sealed class Secrets
{
    private const string _mask = "[key]";
    private readonly List<string> _values = [];

    /// <summary>Reads a key from the environment; a server of one's own may need none.</summary>
    /// <param name="variable">The environment variable's name.</param>
    /// <param name="environment">Reads the environment.</param>
    public string? Read(string variable, Func<string, string?> environment)
    {
        string? key = environment(variable)?.Trim();
        if (key is not { Length: > 0 })
        {
            return null;
        }

        if (key.Length >= 8 && !_values.Contains(key, StringComparer.Ordinal))
        {
            _values.Add(key);
            _values.Sort((a, b) => b.Length.CompareTo(a.Length));
        }

        return key;
    }

    /// <summary>The text with every key replaced.</summary>
    public string Redact(string text)
    {
        foreach (string value in _values)
        {
            text = text.Replace(value, _mask, StringComparison.Ordinal);
        }

        return text;
    }
}
