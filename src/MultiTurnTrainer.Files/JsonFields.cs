namespace MultiTurnTrainer.Files;

/// <summary>
/// A JSON object that mtt writes, its fields in the order they were set. A value is a text, a number, a flag, null, a list of such
/// values, a dictionary, or another object.
/// </summary>
public sealed class JsonFields() : OrderedDictionary<string, object?>(StringComparer.Ordinal)
{
    /// <summary>Adds a field if it has a value.</summary>
    public JsonFields AddPresent(string name, object? value)
    {
        if (value is not null)
        {
            this[name] = value;
        }

        return this;
    }
}
